"""What mail programs put above and below a message, by language: our own examples for the tests of the splitting."""

A = "Alice Miller <alice@example.com>"

ATTRIBUTIONS = [
    # English: Gmail, Apple Mail, Thunderbird, Yahoo, ProtonMail, Outlook for Mac and mobile, iOS, web mail
    f"On Tue, Nov 10, 2026 at 10:00 AM {A} wrote:",
    f"On Tue, 10 Nov 2026 at 10:00, {A} wrote:",
    "On Nov 10, 2026, at 10:00 AM, Alice Miller <alice@example.com> wrote:",
    "On 10 Nov 2026, at 10:00, Alice Miller wrote:",
    "On 11/10/2026 10:00 AM, Alice Miller wrote:",
    "On Tuesday, November 10th, 2026 at 10:00 AM, Alice Miller <alice@example.com> wrote:",
    'On Tue, Nov 10, 2026 at 10:00 AM +0100, "Alice Miller" <alice@example.com> wrote:',
    "On Tue, 10 Nov 2026 10:00:00 +0100 Alice Miller <alice@example.com> wrote:",
    "On 2026-11-10 10:00, alice@example.com wrote:",
    "On Tuesday, 10 November 2026 at 10:00:00 GMT+1, Alice Miller <alice@example.com> wrote:",
    "---- On Tue, 10 Nov 2026 10:00:00 +0100 Alice Miller <alice@example.com> wrote ----",
    'At 2026-11-10 10:00:00, "Alice Miller" <alice@example.com> wrote:',
    "Alice Miller <alice@example.com> writes:",
    # German: Gmail, Apple Mail, Thunderbird, web.de and GMX, Outlook for Mac
    f"Am Di., 10. Nov. 2026 um 10:00 Uhr schrieb {A}:",
    f"{A} schrieb am Di., 10. Nov. 2026, 10:00:",
    f"Am 10.11.2026 um 10:00 schrieb {A}:",
    "Am 10.11.2026 um 10:00 schrieb Alice Miller:",
    'Am 10.11.26, 10:00 schrieb "Alice Miller" <alice@example.com>:',
    # French
    f"Le mar. 10 nov. 2026 à 10:00, {A} a écrit :",
    "Le 10 nov. 2026 à 10:00, Alice Miller <alice@example.com> a écrit :",
    "Le 10/11/2026 à 10:00, Alice Miller a écrit :",
    # Spanish
    f"El mar, 10 nov 2026 a las 10:00, {A} escribió:",
    "El 10/11/2026 a las 10:00, Alice Miller escribió:",
    "El 10 nov 2026, a las 10:00, Alice Miller <alice@example.com> escribió:",
    # Italian
    f"Il giorno mar 10 nov 2026 alle ore 10:00 {A} ha scritto:",
    "Il 10/11/2026 10:00, Alice Miller ha scritto:",
    # Portuguese
    f"Em ter., 10 de nov. de 2026 às 10:00, {A} escreveu:",
    "A terça-feira, 10/11/2026, 10:00, Alice Miller <alice@example.com> escreveu:",
    "Em 10/11/2026 10:00, Alice Miller escreveu:",
    # Dutch
    f"Op di 10 nov 2026 om 10:00 schreef {A}:",
    "Op 10-11-2026 om 10:00 schreef Alice Miller:",
    "Op 10 nov. 2026 om 10:00 heeft Alice Miller <alice@example.com> het volgende geschreven:",
    # Polish
    f"wt., 10 lis 2026 o 10:00 {A} napisał(a):",
    "W dniu 10.11.2026 o 10:00, Alice Miller pisze:",
    "Dnia 10 listopada 2026 10:00 Alice Miller <alice@example.com> napisał(a):",
    # Swedish
    f"Den tis 10 nov. 2026 kl 10:00 skrev {A}:",
    "10 nov. 2026 kl. 10:00 skrev Alice Miller <alice@example.com>:",
    "Den 2026-11-10 kl. 10:00, skrev Alice Miller:",
    # Danish
    f"Den tir. 10. nov. 2026 kl. 10.00 skrev {A}:",
    "Den 10.11.2026 kl. 10.00 skrev Alice Miller:",
    # Turkish
    f"{A}, 10 Kas 2026 Sal, 10:00 tarihinde şunu yazdı:",
    "10.11.2026 10:00 tarihinde Alice Miller yazdı:",
    "Alice Miller <alice@example.com> şunları yazdı (10 Kas 2026 10:00):",
    # Czech
    f"út 10. 11. 2026 v 10:00 odesílatel {A} napsal:",
    "Dne 10. 11. 2026 v 10:00 Alice Miller napsal(a):",
    "10. 11. 2026 v 10:00, Alice Miller <alice@example.com>:",
    # Russian: Gmail, Apple Mail, Thunderbird, Mail.ru, Yandex
    f"вт, 10 нояб. 2026 г. в 10:00, {A}:",
    "10 нояб. 2026 г., в 10:00, Alice Miller <alice@example.com> написал(а):",
    "10.11.2026 10:00, Alice Miller пишет:",
    "Вторник, 10 ноября 2026, 10:00 +03:00 от Alice Miller <alice@example.com>:",
    '10.11.2026, 10:00, "Alice Miller" <alice@example.com>:',
    # Japanese
    f"2026年11月10日(火) 10:00 {A}:",
    "2026/11/10 10:00、Alice Miller <alice@example.com>のメール:",
    "2026年11月10日(火) 10:00 Alice Miller さんは書きました:",
    # Chinese: Gmail, 163, Apple Mail
    f"{A} 于2026年11月10日周二 10:00写道：",
    f"{A} 於 2026年11月10日 週二 上午10:00寫道：",
    '在 2026-11-10 10:00:00，"Alice Miller" <alice@example.com> 写道：',
    "2026年11月10日 10:00，Alice Miller <alice@example.com> 写道：",
    # Arabic
    f"في الثلاثاء، 10 نوفمبر 2026 في 10:00 ص تمت كتابة ما يلي بواسطة {A}:",
    "في ١٠ نوفمبر ٢٠٢٦، في ١٠:٠٠، كتب Alice Miller <alice@example.com>:",
    "بتاريخ 10/11/2026 10:00، كتب Alice Miller:",
]

BLOCKS = [
    f"From: {A}\nSent: Tuesday, November 10, 2026 10:00 AM\nTo: Bob <bob@example.com>\nSubject: RE: Boots",
    f"Von: {A}\nGesendet: Dienstag, 10. November 2026 10:00\nAn: Bob <bob@example.com>\nBetreff: AW: Stiefel",
    f"De : {A}\nEnvoyé : mardi 10 novembre 2026 10:00\nÀ : Bob <bob@example.com>\nObjet : RE: Bottes",
    f"De: {A}\nEnviado el: martes, 10 de noviembre de 2026 10:00\nPara: Bob\nAsunto: RE: Botas",
    f"Da: {A}\nInviato: martedì 10 novembre 2026 10:00\nA: Bob\nOggetto: R: Stivali",
    f"De: {A}\nEnviada em: terça-feira, 10 de novembro de 2026 10:00\nPara: Bob\nAssunto: RES: Botas",
    f"Van: {A}\nVerzonden: dinsdag 10 november 2026 10:00\nAan: Bob\nOnderwerp: RE: Laarzen",
    f"Od: {A}\nWysłano: wtorek, 10 listopada 2026 10:00\nDo: Bob\nTemat: ODP: Buty",
    f"Från: {A}\nSkickat: den 10 november 2026 10:00\nTill: Bob\nÄmne: SV: Kängor",
    f"Fra: {A}\nSendt: 10. november 2026 10:00\nTil: Bob\nEmne: SV: Støvler",
    f"Kimden: {A}\nGönderildi: 10 Kasım 2026 Salı 10:00\nKime: Bob\nKonu: YNT: Botlar",
    f"Od: {A}\nOdesláno: úterý 10. listopadu 2026 10:00\nKomu: Bob\nPředmět: RE: Boty",
    f"От: {A}\nОтправлено: 10 ноября 2026 г. 10:00\nКому: Bob\nТема: RE: Ботинки",
    f"差出人: {A}\n送信日時: 2026年11月10日 10:00\n宛先: Bob\n件名: RE: ブーツ",
    f"发件人: {A}\n发送时间: 2026年11月10日 10:00\n收件人: Bob\n主题: 回复: 靴子",
    f"寄件者： {A}\n寄件日期： 2026年11月10日 10:00\n收件者： Bob\n主旨： 回覆: 靴子",
    f"من: {A}\nتم الإرسال: الثلاثاء، 10 نوفمبر 2026 10:00\nإلى: Bob\nالموضوع: رد: حذاء",
    f"*From:* {A}\n*Date:* Tuesday, November 10, 2026 at 10:00\n*To:* Bob\n*Cc:* Carol\n*Subject:* Boots",
    f"**From:** {A}\n**Sent:** Tuesday\n**To:** Bob",
    f"Message du : 10/11/2026 10:00\nDe : {A}\nA : bob@example.com\nSujet : Bottes",
]

ORIGINALS = [
    "-----Original Message-----",
    "-------- Original Message --------",
    "-----Ursprüngliche Nachricht-----",
    "-----Message d'origine-----",
    "-----Message d’origine-----",
    "-----Mensaje original-----",
    "-----Messaggio originale-----",
    "-----Mensagem original-----",
    "-----Oorspronkelijk bericht-----",
    "-----Wiadomość oryginalna-----",
    "-----Ursprungligt meddelande-----",
    "-----Oprindelig meddelelse-----",
    "-----Özgün İleti-----",
    "-----Původní zpráva-----",
    "-----Исходное сообщение-----",
    "-----元のメッセージ-----",
    "------------------ 原始邮件 ------------------",
    "-----الرسالة الأصلية-----",
]

FORWARDS = [
    "---------- Forwarded message ---------",
    "Begin forwarded message:",
    "-------- Weitergeleitete Nachricht --------",
    "Anfang der weitergeleiteten Nachricht:",
    "---------- Message transféré ----------",
    "Début du message réexpédié :",
    "---------- Mensaje reenviado ----------",
    "Inizio messaggio inoltrato:",
    "---------- Mensagem encaminhada ----------",
    "---------- Doorgestuurd bericht ----------",
    "---------- Przekazana wiadomość ----------",
    "---------- Vidarebefordrat meddelande ----------",
    "---------- Videresendt meddelelse ----------",
    "---------- Yönlendirilmiş ileti ----------",
    "---------- Přeposlaná zpráva ----------",
    "-------- Пересылаемое сообщение --------",
    "---------- 転送メッセージ ----------",
    "---------- 转发的邮件 ----------",
    "---------- رسالة معاد توجيهها ----------",
]

FOOTERS = [
    "Sent from my iPhone",
    "Sent from Outlook for iOS<https://aka.example.com/o>",
    "Get Outlook for Android",
    "Sent from Yahoo Mail for iPad",
    "Sent with Proton Mail secure email.",
    "Sent from my Galaxy, please excuse typos.",
    "Von meinem iPhone gesendet",
    "Gesendet mit der WEB.DE Mail App",
    "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.",
    "Envoyé de mon iPhone",
    "Envoyé à partir de Outlook pour Android",
    "Enviado desde mi iPhone",
    "Enviado desde Outlook para iOS",
    "Inviato da iPhone",
    "Inviato dal mio dispositivo Android",
    "Enviado do meu iPhone",
    "Obter o Outlook para iOS",
    "Verstuurd vanaf mijn iPhone",
    "Verzonden vanuit Outlook voor Android",
    "Wysłane z iPhone'a",
    "Wysłane z telefonu Samsung",
    "Skickat från min iPhone",
    "Sendt fra min iPad",
    "iPhone'umdan gönderildi",
    "Samsung cihazımdan gönderildi",
    "Odesláno z iPhonu",
    "Odesláno z aplikace Outlook pro Android",
    "Отправлено с iPhone",
    "Отправлено из мобильной Почты Mail.ru",
    "iPhoneから送信",
    "Outlook for iOS を入手",
    "发自我的iPhone",
    "從我的 iPhone 傳送",
    "أرسلت من الـ iPhone",
    "تم الإرسال من جهاز Galaxy",
]

CLOSINGS = [
    "Best regards,",
    "Thanks in advance!",
    "Mit freundlichen Grüßen",
    "Cordialement,",
    "Un saludo,",
    "Cordiali saluti",
    "Atenciosamente,",
    "Met vriendelijke groet,",
    "Z poważaniem",
    "Med vänlig hälsning",
    "Med venlig hilsen",
    "Saygılarımla,",
    "S pozdravem",
    "С уважением,",
    "よろしくお願いいたします。",
    "此致",
    "مع خالص التحية،",
]

DISCLAIMERS = [
    "This message is confidential and meant for the intended recipient alone. If you have it in error, please notify "
    "the sender and delete it. Any disclosure is prohibited.",
    "Diese E-Mail enthält vertrauliche Informationen. Wenn Sie nicht der richtige Adressat sind, informieren Sie bitte "
    "den Absender und vernichten Sie die Nachricht. Die Weitergabe ist nicht gestattet.",
    "Ce message est confidentiel et réservé à son destinataire. Si vous le recevez par erreur, merci d'avertir "
    "l'expéditeur et de le détruire. Toute divulgation est interdite.",
    "Este mensaje es confidencial y va dirigido a su destinatario. Si lo recibe por error, avise al remitente y "
    "elimínelo. Queda prohibida su divulgación.",
    "Questo messaggio è riservato al destinatario. Chi lo riceve per errore avvisi il mittente e lo cancelli. Ne è "
    "vietata la divulgazione.",
    "Esta mensagem é confidencial e destinada ao destinatário. Se a recebeu por engano, avise o remetente e apague-a. "
    "É proibida a divulgação.",
    "Dit bericht is vertrouwelijk en bestemd voor de geadresseerde. Hebt u het ten onrechte ontvangen, waarschuw dan "
    "de afzender en vernietig het. Openbaarmaking is verboden.",
    "Wiadomość jest poufna i przeznaczona wyłącznie dla adresata. Jeśli trafiła do kogoś omyłkowo, prosimy zawiadomić "
    "nadawcę i ją usunąć. Ujawnianie jest zabronione.",
    "Данное письмо конфиденциально и предназначено только адресату. Если вы получили его по ошибке, сообщите "
    "отправителю и удалите его. Разглашение запрещено.",
    "此邮件内容保密，仅供指定的收件人使用。如您误收此邮件，请立即通知发件人并删除本邮件及其附件，禁止以任何形式披露、复制或散布其中的任何内容，"
    "未经授权的使用须承担相应的责任，谢谢您的理解与配合，祝您工作顺利。",
]
