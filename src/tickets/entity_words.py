"""Words of the served languages that dates, orders and errors are written with."""

_MONTHS_LISTED = """
january jan januar jänner janvier enero gennaio janeiro januari stycznia styczeń ocak
february feb februar février febrero febbraio fevereiro februari lutego luty şubat
march mar märz mars marzo março maart marca marzec mart
april apr avril abril aprile kwietnia kwiecień nisan
may mai mayo maggio maio mei maja maj mayıs
june jun juni juin junio giugno junho czerwca czerwiec haziran
july jul juli juillet julio luglio julho lipca lipiec temmuz
august aug août agosto augustus sierpnia sierpień ağustos
september sep sept septembre septiembre settembre setembro września wrzesień eylül
october oct oktober octobre octubre ottobre outubro października październik ekim
november nov novembre noviembre novembro listopada listopad kasım
december dec dezember décembre diciembre dicembre dezembro grudnia grudzień aralık
"""
MONTHS: dict[str, int] = {
    word: number
    for number, line in enumerate(_MONTHS_LISTED.strip().splitlines(), start=1)
    for word in line.split()
}

ERROR_WORDS = (
    r"(?<!\w)(?:error|errors|err|fehler|fehlercode|erreur|errore|erro|fout|foutcode|błąd|błędu|hata|code|codigo|código"
    r"|stop)|エラー|错误|錯誤|خطأ"
)
ORDER_WORDS = (
    r"(?<!\w)(?:order|purchase|bestellung|bestellnummer|auftrag|auftragsnummer|commande|pedido|ordine|encomenda|bestelling"
    r"|bestelnummer|zamówienie|zamówienia|zamówieniu|sipariş|siparişim)|注文|订单|訂單|طلب|الطلب|طلبي"
)
