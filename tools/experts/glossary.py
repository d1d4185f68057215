"""German, French, Spanish and Chinese words of instructions, brought to the English ones that experts know.

One line for each: what it becomes, and the wordings for it, as regular expressions on text in lower case. The first
lines come first, so that what is longer, or says more, stands above what is in it.
"""

import re

_WORDS: tuple[tuple[str, str], ...] = (
    # What joins wishes, and what they are about. Words that English has, too, are left out.
    ("black and white", r"schwarz[- ]?(?:und |/)?wei(?:ß|ss)\w*|noire? et blanc(?:he)?|blanco y negro|黑白"),
    (" and ", r"\bund\b|\bpuis\b|\bet\b|\bdann\b|\bluego\b|\bdespués\b|(?<=[a-zéíóúñ\d]) y (?=\w)|然后|并且|和"),
    (", ", r"[\uff0c\u3001\uff1b\u3002]"),  # the marks of Chinese
    # Formats: what stands between this word and the format is of no account.
    (" as ", r"\b(?:als|como|en|au) (?:eine? |une? )?(?:formato? )?(?=\.?[a-z]{2,3}[g3fpcsv]\b)|[为成](?=[a-z])"),
    # Colours and light
    ("too dark", r"zu dunkel|trop sombre|demasiado oscur\w*|太暗"),
    ("too bright", r"zu hell|trop (?:clair|lumineu)\w*|demasiado clar\w*|太亮"),
    ("blurry", r"(?:ist|zu|est|trop|está|demasiado) (?:unscharf|verschwommen|flou\w*|borros\w*)|太模糊"),
    ("blur", r"\bunscharf\w*|weichzeichn\w*|verschw[io]mm\w*|\bflou(?:e|te\w*)?\b|desenfo\w*|borros\w*|模糊"),
    ("grey", r"\bgrau\w*|niveaux de gris|escala de grises|\bgris(?:es?|er)?\b|灰度|灰色"),
    ("brighten", r"\bheller\w*|aufhell\w*|éclairci\w*|plus (?:clair|lumineu)\w*|\baclar\w*|más clar\w*|变亮|调亮"),
    ("darken", r"\bdunkl\w*|(?:ab|ver)dunk\w*|assombri\w*|plus (?:sombre|foncé)\w*|oscur\w*|变暗|调暗|更暗"),
    ("sharpen", r"schärf\w*|\bscharf\w*|plus nett?e?s?\b|netteté|enfoca\w*|nítid\w*|nitidez|锐化|更清晰|清晰一点"),
    ("noise", r"(?:ent)?rausch\w*|\b(?:dé)?bruit\w*|\bruidos?\b|降噪|去噪|噪音|噪声|噪点"),
    ("contrast", r"kontrast\w*|contraste\w*|对比度"),
    ("improve", r"verbesser\w*|amélior\w*|mejora\w*|改善|增强|优化"),
    ("sepia", r"sépia|棕褐色|怀旧"),
    ("invert colours", r"invertier\w*|inverti[rtes]+\b|invers\w+ (?:les |des )?couleurs|反色|反转颜色"),
    ("cartoon", r"karikatur\w*|zeichentrick\w*|dessin animé|bande dessinée|caricatur\w*|dibujos? animados?|卡通|漫画"),
    ("pencil drawing", r"bleistift\w*|\bcrayon\b|\blápiz\b|铅笔画?|素描"),
    # Turned, cut, scaled
    ("upside down", r"auf den kopf|kopfüber|tête en bas|boca abajo|cabeza abajo|上下颠倒|倒过来"),
    ("rotate ", r"\bdreh\w*|rotier\w*|\btourne[rz]?\b|pivote\w*|\bgir[ae]r?(?:l[ao])?\b|旋转"),
    ("left", r"\blinks\b|\bgauche|\bizquierd\w*|向左|左半|左侧"),
    ("right", r"\brechts\w*|\bdroite|\bderech\w*|向右|右半|右侧"),
    ("mirror", r"spieg[el]{2}\w*|\bmiroir|\bespejo|\brefleja\w*|镜像|翻转"),
    ("vertical", r"vertikal\w*|垂直"),
    ("crop", r"(?:zu|be)(?:ge)?schn[ei]\w*|schneide\w*(?=.* zu\b)|recadr\w*|rogne\w*|recort\w*|裁剪|剪裁|裁切"),
    ("square", r"quadrat\w*|\bcarrée?s?\b|cuadrad\w*|正方形|方形"),
    ("border", r"\b(?:rand|ränder|rändern)\b|\bbord(?:s|ure|ures)?\b|\bbordes?\b|边框"),
    ("half the size", r"halbe größe|halb so gro(?:ß|ss)|moitié de (?:la|sa) taille|mitad de(?:l| su) tamaño|一半大小"),
    ("top half", r"obere\w* hälfte|moitié (?:supérieure|du haut)|mitad (?:superior|de arriba)|上半"),
    ("bottom half", r"untere\w* hälfte|moitié (?:inférieure|du bas)|mitad (?:inferior|de abajo)|下半"),
    ("enlarge", r"vergrö(?:ß|ss)\w*|\bgrö(?:ß|ss)er\w*|agrand[ia]\w*|plus grande?s?\b|amplía\w*|más grande|放大"),
    ("smaller", r"verkleiner\w*|\bkleiner\w*|rapetiss\w*|plus petite?s?\b|\bachica\w*|más pequeñ\w*|缩小"),
    ("wide", r"\bbreit\b|de large(?:ur)?\b|de ancho\b|宽"),
    ("high", r"\bhoch\b|de haut(?:eur)?\b|de alto\b|高度?(?=\W|$)"),
    ("pixels", r"\bpíxeles|像素"),
    ("percent", r"\bprozent|\bpour ?cent\b|\bpor ciento"),
    # Sound
    ("louder", r"\blauter\w*|plus fort\w*|monte\w* le (?:son|volume)|más (?:fuerte|alto)|sube el volumen|大声|更响"),
    ("quieter", r"\bleiser\w*|moins fort\w*|baisse\w* le (?:son|volume)|más bajo|baja el volumen|小声|更轻|音量调小"),
    ("faster", r"\bschneller\w*|plus (?:vite|rapide)\w*|más rápid\w*|快一点|加速|更快"),
    ("slower", r"\blangsamer\w*|plus lent\w*|más lent\w*|慢一点|放慢|更慢"),
    ("slowly", r"\blangsam\b|\blentement\b|\bdespacio\b|\blentamente\b|慢慢"),
    ("female voice", r"weiblich\w* stimme|frauenstimme|voix (?:féminine|de femme)|voz (?:femenina|de mujer)|女声"),
    ("male voice", r"männlich\w* stimme|männerstimme|voix (?:masculine|d.homme)|voz (?:masculina|de hombre)|男声"),
    ("first", r"\berste[nrs]?\b|\bpremi(?:er|ère)s?\b|\bprimer[oa]?s?\b"),
    ("first ", r"前 ?(?=\d)"),
    ("last", r"\bletzte[nrs]?\b|\bderni(?:er|ère)s?\b|\búltim[oa]s?\b"),
    ("last ", r"最后 ?(?=\d)"),
    (r"\2 \1", r"(\d+) (first|last)\b"),
    ("remove", r"schneide\w*(?=.* (?:weg|ab)\b)|\b(?:enlève|coupe|supprime)\w*|\bquita\w*|删除|去掉|剪掉"),
    ("seconds", r"\bsekunden?\b|\bsecondes?\b|\bsegundos?\b|秒"),
    ("minutes", r"\bminuten?\b|\bminutos?\b|分钟"),
    ("backwards", r"rückwärts|à l.envers|al revés|倒放"),
    ("fade", r"(?:aus|ein)(?:ge|zu)?blend\w*|\bfondu\b|fundido|淡[入出]"),
)  # fmt: skip
IDLE = (  # words that wish for nothing
    r"bitte|das|die|den|dieses|es|mir|bild|foto|aufnahme|speicher[ne]?|wandle|um|mache?"
    r"|s.il te plaît|le|la|les|cette|ce|l|enregistre|convertis|rends|mets|fais"
    r"|por favor|el|esta|este|imagen|grabación|guárdal[ao]|guarda|convierte|hazl[ao]|haz|ponl[ao]|pon"
)
IDLE_CHINESE = "请|把|这张|这个|图片|照片|录音|变成|保存|存|转换|的"  # which stand without spaces
_KNOWN = tuple((re.compile(wordings), english) for english, wordings in _WORDS)


def in_english(text: str) -> str:
    """The text in lower case, with the words that are known here in English; all others stay as they are."""
    text = text.lower()
    for wordings, english in _KNOWN:
        text = wordings.sub(english, text)
    return text
