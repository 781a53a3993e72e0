"""The commonest words of the languages in Latin script, with those that customers begin a message with."""

_WORDS = {
    "en": "the and is are was were have has had not this that with for you your my we our they what when "
    "where how why can could would should will did does do don't didn't can't from been but there "
    "please thanks thank hello hi order i i'm it of to any still get got just about after which who "
    "an at on be",
    "fr": "le la les des du une est et pas je j'ai vous nous votre notre mon ma mes dans pour avec sur ce "
    "cette qui que où comment quand pourquoi bonjour merci commande mais plus très été suis sont avez "
    "ne c'est n'est n'ai aux au depuis toujours il elle s'il combien sans colis d'un d'une",
    "de": "der die das und ist nicht ich sie wir ihr mein meine meinen meiner eine einen einem ein mit für "
    "auf von zu den dem wie wann wo warum was kann habe haben hat wurde werden bitte danke hallo "
    "bestellung aber noch auch schon seit nach im am es bin sind wird keine kein mir mich ihre ihnen",
    "es": "el la los las una es y no mi mis su sus con para por que qué cómo cuándo dónde está estoy he ha "
    "han pedido hola gracias pero más del al se lo le me muy ya cuenta puedo tengo desde sin porque "
    "quiero favor todavía aún este esta hasta cuánto llegado un yo",
    "it": "il lo la gli le una è e non mi mio mia ho ha con per che di del della dei delle come quando dove "
    "perché sono ciao buongiorno grazie ordine ma più al alla nel nella ancora posso vorrei si questo "
    "questa vostro anche già ricevuto un quanto stato c'è dopo da",
    "pt": "o os as um uma é e não meu minha meus com para por que do da dos das como quando onde está estou "
    "foi tenho olá obrigado obrigada pedido mas mais ao na no nos em se já ainda você vocês eu posso "
    "recebi encomenda conta boa bom dia isso até muito tem são qual",
    "nl": "de het een en is niet ik u wij mijn met voor op van te dat die wat hoe wanneer waar waarom kan "
    "heb heeft hebben bestelling hallo bedankt dank maar nog ook al naar er zijn was worden geen mij "
    "jullie uw bij om aan als dit deze goedemorgen graag steeds kunt we",
    "pl": "i w nie na się z do to jest że jak kiedy gdzie dlaczego czy mam moje mój moja mojego zamówienie "
    "dzień dobry dziękuję proszę ale od po za przez już jeszcze dla co mogę był była państwa są tego "
    "ten ta tej mi cześć o",
    "tr": "ve bir bu için ile ne nasıl neden nerede zaman var yok değil mi mı benim siparişim merhaba "
    "teşekkürler ama çok daha ben siz lütfen hesabım gibi kadar olarak olan oldu sonra hala hâlâ "
    "henüz iyi günler ürün kargo de da istiyorum geldi gelmedi nedir",
}

COMMON_WORDS: dict[str, frozenset[str]] = {
    language: frozenset(words.split()) for language, words in _WORDS.items()
}
