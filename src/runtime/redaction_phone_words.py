"""Words that say whether the number after them is a telephone's or something else's, in the served languages."""

_PHONE = """
tel phone telephone mobile cell cellphone fax desk office landline hotline whatsapp telegram viber sms dial
call voicemail telefon telefonnummer handy handynummer rufnummer mobilnummer mobil anrufen erreichbar
rückruf téléphone portable appeler rappeler joignable joindre fixe teléfono telefono móvil movil celular
llámame llamame llámenme llamarme llamar llamen cellulare telefonino chiamatemi chiamami chiamare recapito
telefone telemóvel telemovel ligue ligar contato telefoon telefoonnummer mobiel bellen bereikbaar gsm
telefonu komórka komórkowy zadzwonić dzwonić telefonum cep arayın arayabilirsiniz
"""
_OTHER = """
order orders invoice ticket tracking parcel shipment case reference ref serial model article item sku part
product version build error code id account customer booking reservation policy contract transaction zip
postcode postal isbn ean imei vin amount total price balance paid card iban ssn passport date between
license licence bestellung bestellnummer rechnung rechnungsnummer auftrag sendung sendungsnummer
kundennummer vertrag artikel konto fehler commande facture colis suivi dossier compte contrat erreur
référence pedido factura fatura envío envio seguimiento rastreio cuenta conta contrato referencia encomenda
ordine fattura spedizione tracciamento conto contratto codice errore bestelling bestelnummer factuur zending
klantnummer artikelnummer foutcode zamówienie zamówienia faktura faktury przesyłka przesyłki umowa kod
sipariş siparişim kargo takip hesap sözleşme kodu
"""
PHONE_WORDS = frozenset(_PHONE.split())
OTHER_WORDS = frozenset(_OTHER.split())
_VERBS = ("call", "ring", "text", "reach", "contact", "message")
_PHRASES = """
answering on|answering at|messages to|my registered|registered number|registered on|reached at|reached on|caller id
my number is|new number is|phone number is
rufen sie mich|rufe mich|appelez moi|appelle moi|bel me|numer kontaktowy
"""
PHONE_PHRASES = (
    *(f" {verb} {whom} " for verb in _VERBS for whom in ("me", "us", "him", "her", "them")),
    *(f" {phrase} " for phrase in _PHRASES.strip().replace("\n", "|").split("|")),
)
# Languages that do not put spaces between words, or put endings and articles onto them.
PHONE_PARTS = (
    "電話",
    "携帯",
    "ファックス",
    "手机",
    "手機",
    "电话",
    "致电",
    "هاتف",
    "جوال",
    "موبايل",
    "اتصل",
    "اتصال",
    "واتساب",
)
OTHER_PARTS = (
    "注文",
    "請求",
    "追跡",
    "伝票",
    "订单",
    "訂單",
    "发票",
    "快递",
    "单号",
    "账号",
    "طلب",
    "فاتورة",
    "شحنة",
    "حساب",
)
