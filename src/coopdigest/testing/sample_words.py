"""Words of our own in four languages, from which issues of any size are made."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language's words. `title`, `letter` and `alt` hold {trade}, {place}, {deed} and {number}."""

    language: str
    digest: str
    introduction: str
    themes: tuple[str, ...]
    kinds: tuple[str, ...]
    title: str
    letter: str
    alt: str
    credit: str
    trades: tuple[str, ...]
    places: tuple[str, ...]
    deeds: tuple[str, ...]
    sentences: tuple[str, ...]


ENGLISH = Lexicon(
    language="en",
    digest="Lakeside Cooperatives News",
    introduction="Dear reader,\n\nthis month was one of *first times*: a first harvest, a first vote, a first night"
    " school.\n\nWhat should we look at next? [Write to the editors](https://www.example.org/letters).",
    themes=("Cooperative development", "Training", "Climate and energy", "Voices of members", "Events"),
    kinds=("Video", "Blog", "Podcast"),
    title="The {trade} cooperative of {place} {deed}",
    letter="Letter no. {number} from {place}",
    alt="Members of the {trade} cooperative in front of their new building in {place}",
    credit="© Lakeside Archive 2026",
    trades=("dairy", "fishing", "housing", "ferry", "bakery", "solar", "taxi", "olive", "weavers’"),
    places=(
        "Upper Valley", "Port Anselm", "Lindenau", "Karum", "Old Harbour", "San Tomé", "Brightwater", "North Quay",
    ),
    deeds=(
        "opens a shared cold store", "elects its first young board", "doubles its members in one year",
        "trains forty apprentices", "buys back the mill", "pays its growers within a week", "publishes its prices",
        "starts a night school", "rebuilds after the flood – with its neighbours’ help", "asks: who owns the sea?",
        "celebrates “a hundred years of one vote each”",
    ),
    sentences=(
        "Nobody in the valley had believed that three boards could agree on one roof.",
        "The members voted in October, and the first lorry came on Monday.",
        "“We lend each other what the bank would not lend us,” says the treasurer.",
        "Half of the apprentices are women, and most of them come from the villages around.",
        "What is left at the end of the year goes into a fund that every member may ask for help.",
        "The next assembly will decide whether the neighbours may join as well.",
    ),
)  # fmt: skip

FRENCH = Lexicon(
    language="fr",
    digest="Nouvelles des coopératives du lac",
    introduction="Chère lectrice, cher lecteur,\n\nce mois fut celui des *premières fois* : une première récolte, un"
    " premier vote.\n\nQue regarder ensuite ? [Écrivez à la rédaction](https://www.example.org/fr/lettres).",
    themes=("Développement coopératif", "Formation", "Climat et énergie", "Paroles de membres", "Rendez-vous"),
    kinds=("Vidéo", "Blog", "Podcast"),
    title="La coopérative {trade} de {place} {deed}",
    letter="Lettre nº {number} de {place}",
    alt="Des membres de la coopérative {trade} devant leur nouveau bâtiment à {place}",
    credit="© Archives du lac 2026",
    trades=(
        "laitière", "de pêche", "d’habitation", "de transport fluvial", "boulangère", "solaire", "de taxis",
        "oléicole", "de tissage",
    ),
    places=(
        "Haute-Vallée", "Port-Anselme", "Lindenau", "Karoum", "Vieux-Port", "Saint-Tomé", "Brightwater", "Quai-Nord",
    ),
    deeds=(
        "ouvre une chambre froide partagée", "élit son premier conseil de jeunes",
        "double le nombre de ses membres en un an", "forme quarante apprentis", "rachète le moulin",
        "paie ses producteurs en une semaine", "publie ses prix", "ouvre une école du soir",
        "se reconstruit après la crue, avec l’aide des voisins", "demande : à qui est la mer ?",
        "fête « cent ans d’une voix par personne »",
    ),
    sentences=(
        "Personne dans la vallée ne croyait que trois conseils s’entendraient sur un seul toit.",
        "Les membres ont voté en octobre, et le premier camion est arrivé lundi.",
        "« Nous nous prêtons ce que la banque ne nous prêtait pas », dit la trésorière.",
        "La moitié des apprentis sont des femmes, venues pour la plupart des villages voisins.",
        "Ce qui reste en fin d’année va dans un fonds que chaque membre peut solliciter.",
        "La prochaine assemblée dira si les voisins peuvent adhérer eux aussi.",
    ),
)  # fmt: skip

SPANISH = Lexicon(
    language="es",
    digest="Noticias de las cooperativas del lago",
    introduction="Estimada lectora, estimado lector:\n\neste mes fue el de las *primeras veces*: una primera cosecha,"
    " un primer voto.\n\n¿Qué miramos ahora? [Escriba a la redacción](https://www.example.org/es/cartas).",
    themes=("Desarrollo cooperativo", "Formación", "Clima y energía", "Voces de los socios", "Agenda"),
    kinds=("Vídeo", "Blog", "Pódcast"),
    title="La cooperativa {trade} de {place} {deed}",
    letter="Carta n.º {number} desde {place}",
    alt="Socios de la cooperativa {trade} ante su nuevo edificio en {place}",
    credit="© Archivo del lago 2026",
    trades=(
        "lechera", "pesquera", "de vivienda", "de transbordadores", "panadera", "solar", "de taxis", "olivarera",
        "de tejedoras",
    ),
    places=(
        "Valle Alto", "Puerto Anselmo", "Lindenau", "Karum", "Puerto Viejo", "San Tomé", "Brightwater", "Muelle Norte",
    ),
    deeds=(
        "inaugura una cámara fría compartida", "elige su primera junta joven", "duplica sus socios en un año",
        "forma a cuarenta aprendices", "recompra el molino", "paga a sus agricultores en una semana",
        "publica sus precios", "abre una escuela nocturna",
        "se reconstruye tras la inundación, con ayuda de sus vecinos", "pregunta: ¿de quién es el mar?",
        "celebra «cien años de un voto por persona»",
    ),
    sentences=(
        "Nadie en el valle creía que tres juntas se pondrían de acuerdo sobre un solo techo.",
        "Los socios votaron en octubre, y el primer camión llegó el lunes.",
        "«Nos prestamos lo que el banco no nos prestaba», dice la tesorera.",
        "La mitad de los aprendices son mujeres, y casi todas vienen de los pueblos vecinos.",
        "Lo que queda al final del año va a un fondo al que puede acudir cualquier socio.",
        "La próxima asamblea decidirá si también los vecinos pueden entrar.",
    ),
)  # fmt: skip

ARABIC = Lexicon(
    language="ar",
    digest="أخبار تعاونيات البحيرة",
    introduction="القراء الأعزاء،\n\nكان هذا الشهر شهر *المرات الأولى*: أول حصاد وأول تصويت وأول مدرسة مسائية."
    "\n\nإلى أين ننظر بعد ذلك؟ [اكتبوا إلى التحرير](https://www.example.org/ar/letters).",
    themes=("تنمية التعاونيات", "التدريب", "المناخ والطاقة", "أصوات الأعضاء", "الفعاليات"),
    kinds=("فيديو", "مدونة", "بودكاست"),
    title="تعاونية {trade} في {place} {deed}",
    letter="الرسالة رقم {number} من {place}",
    alt="أعضاء تعاونية {trade} أمام مبناهم الجديد في {place}",
    credit="© أرشيف البحيرة 2026",
    trades=(
        "الألبان", "الصيد", "الإسكان", "العبّارات", "المخابز", "الطاقة الشمسية", "سيارات الأجرة", "الزيتون", "النسيج",
    ),
    places=(
        "الوادي الأعلى", "ميناء أنسيلم", "لينديناو", "كروم", "المرفأ القديم", "سان تومي", "Brightwater",
        "الرصيف الشمالي",
    ),
    deeds=(
        "تفتتح مخزن تبريد مشتركا", "تنتخب أول مجلس من الشباب", "تضاعف عدد أعضائها في عام واحد", "تدرب أربعين متدربا",
        "تستعيد ملكية المطحنة", "تدفع للمزارعين خلال أسبوع", "تنشر أسعارها", "تفتتح مدرسة مسائية",
        "تعيد البناء بعد الفيضان بمساعدة الجيران", "تسأل: من يملك البحر؟",
        "تحتفل بمرور «مئة عام على صوت واحد لكل عضو»",
    ),
    sentences=(
        "لم يصدق أحد في الوادي أن ثلاثة مجالس ستتفق على سقف واحد.",
        "صوّت الأعضاء في أكتوبر، ووصلت أول شاحنة يوم الاثنين.",
        "تقول أمينة الصندوق: «نقرض بعضنا ما لم يقرضنا إياه المصرف».",
        "نصف المتدربين من النساء، ومعظمهن من القرى المجاورة.",
        "ما يتبقى في نهاية السنة يذهب إلى صندوق يحق لكل عضو أن يطلب منه العون.",
        "ستقرر الجمعية العامة القادمة هل ينضم الجيران أيضا.",
    ),
)  # fmt: skip

LEXICONS = {lexicon.language: lexicon for lexicon in (ENGLISH, FRENCH, SPANISH, ARABIC)}
