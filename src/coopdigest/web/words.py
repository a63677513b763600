"""What the public pages say, in each language they speak."""

from __future__ import annotations

from dataclasses import dataclass

from babel import Locale, UnknownLocaleError
from markupsafe import Markup

_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The sentences of one language; ``{digest}``, ``{address}`` and ``{contact}`` stand for what a page names."""

    language: str
    ask_title: str
    ask: str
    button: str
    done_title: str
    done: str
    on_its_way: str
    already: str
    come_back: str
    bad_link_title: str
    bad_link: str
    how_title: str
    how: str
    archive_title: str
    archive_empty: str
    archive_link: str
    withdrawn: str
    missing: str
    method: str
    later: str

    @property
    def direction(self) -> str:
        """``rtl`` or ``ltr``, for the page's dir."""
        return direction_of(self.language)


_ENGLISH = Words(
    language="en",
    ask_title="Unsubscribe",
    ask="Do you want to stop receiving {digest} at {address}?",
    button="Unsubscribe",
    done_title="You are unsubscribed",
    done="{address} will not receive {digest} any more.",
    on_its_way="A message that is being sent at this moment may still arrive.",
    already="{address} does not receive {digest}: there is nothing left to do.",
    come_back="To receive it again, write to {contact}.",
    bad_link_title="This link does not work",
    bad_link="It may have been cut on its way. Use the whole link of the latest message, or write to {contact}.",
    how_title="How to unsubscribe",
    how="Every message of {digest} ends with a link that is yours alone and unsubscribes you. Use that one, "
    "or write to {contact}.",
    archive_title="Past issues",
    archive_empty="No issue of {digest} has been sent yet.",
    archive_link="Past issues of {digest}",
    withdrawn="This issue of {digest} was withdrawn.",
    missing="There is no such page.",
    method="This page cannot be used in that way.",
    later="This does not work at the moment. Please try again in a few minutes.",
)

_FRENCH = Words(
    language="fr",
    ask_title="Se désabonner",
    ask="Voulez-vous ne plus recevoir {digest} à l’adresse {address} ?",
    button="Me désabonner",
    done_title="Votre abonnement a pris fin",
    done="{address} ne recevra plus {digest}.",
    on_its_way="Un message en cours d’envoi peut encore vous parvenir.",
    already="{address} ne reçoit pas {digest} : il n’y a plus rien à faire.",
    come_back="Pour le recevoir à nouveau, écrivez à {contact}.",
    bad_link_title="Ce lien ne fonctionne pas",
    bad_link="Il a peut-être été coupé en chemin. Utilisez le lien entier du dernier message, ou écrivez à {contact}.",
    how_title="Comment se désabonner",
    how="Chaque message de {digest} se termine par un lien qui n’appartient qu’à vous et qui vous désabonne. "
    "Utilisez ce lien, ou écrivez à {contact}.",
    archive_title="Numéros parus",
    archive_empty="Aucun numéro de {digest} n’a encore été envoyé.",
    archive_link="Numéros parus de {digest}",
    withdrawn="Ce numéro de {digest} a été retiré.",
    missing="Cette page n’existe pas.",
    method="Cette page ne s’utilise pas de cette façon.",
    later="Le service est momentanément indisponible. Veuillez réessayer dans quelques minutes.",
)

_SPANISH = Words(
    language="es",
    ask_title="Cancelar la suscripción",
    ask="¿Desea dejar de recibir {digest} en {address}?",
    button="Cancelar la suscripción",
    done_title="Suscripción cancelada",
    done="{address} ya no recibirá {digest}.",
    on_its_way="Es posible que aún reciba un mensaje que se está enviando en este momento.",
    already="{address} no recibe {digest}: no queda nada por hacer.",
    come_back="Para volver a recibirlo, escriba a {contact}.",
    bad_link_title="Este enlace no funciona",
    bad_link="Puede que se haya cortado por el camino. Use el enlace completo del último mensaje, "
    "o escriba a {contact}.",
    how_title="Cómo cancelar la suscripción",
    how="Cada mensaje de {digest} termina con un enlace personal que cancela su suscripción. "
    "Use ese enlace o escriba a {contact}.",
    archive_title="Números anteriores",
    archive_empty="Todavía no se ha enviado ningún número de {digest}.",
    archive_link="Números anteriores de {digest}",
    withdrawn="Este número de {digest} ha sido retirado.",
    missing="Esta página no existe.",
    method="Esta página no se puede usar de esa manera.",
    later="El servicio no está disponible en este momento. Inténtelo de nuevo en unos minutos.",
)

_ARABIC = Words(
    language="ar",
    ask_title="إلغاء الاشتراك",
    ask="هل تريد التوقف عن تلقي {digest} على العنوان {address}؟",
    button="إلغاء الاشتراك",
    done_title="تم إلغاء اشتراكك",
    done="لن تصل {digest} إلى العنوان {address} بعد الآن.",
    on_its_way="قد تصلك رسالة يجري إرسالها في هذه اللحظة.",
    already="العنوان {address} لا يتلقى {digest}، ولم يبقَ ما ينبغي فعله.",
    come_back="لتلقيها من جديد، اكتب إلى {contact}.",
    bad_link_title="هذا الرابط لا يعمل",
    bad_link="ربما انقطع جزء منه في الطريق. استخدم الرابط الكامل من آخر رسالة، أو اكتب إلى {contact}.",
    how_title="كيفية إلغاء الاشتراك",
    how="تنتهي كل رسالة من {digest} برابط خاص بك وحدك يلغي اشتراكك. استخدم ذلك الرابط، أو اكتب إلى {contact}.",
    archive_title="الأعداد السابقة",
    archive_empty="لم يُرسل أي عدد من {digest} حتى الآن.",
    archive_link="الأعداد السابقة من {digest}",
    withdrawn="سُحب هذا العدد من {digest}.",
    missing="هذه الصفحة غير موجودة.",
    method="لا يمكن استخدام هذه الصفحة بهذه الطريقة.",
    later="الخدمة غير متاحة حاليًا. يُرجى إعادة المحاولة بعد بضع دقائق.",
)

_CATALOGUE = {words.language: words for words in (_ENGLISH, _FRENCH, _SPANISH, _ARABIC)}
SPOKEN = tuple(_CATALOGUE)


def words_for(language: str | None) -> Words:
    """The words of `language` (``fr``, ``fr-CA``), English where the pages do not speak it."""
    return _CATALOGUE.get(_primary(language), _ENGLISH)


def fill(sentence: str, **named: str) -> Markup:
    """A sentence of the catalogue as HTML, its names set apart from the direction of the text around them."""
    isolated = {name: Markup("<bdi>{}</bdi>").format(value) for name, value in named.items()}
    return Markup(sentence).format(**isolated)  # noqa: S704 (our own sentences; the values are escaped)


def direction_of(language: str) -> str:
    """``rtl`` or ``ltr``: how `language` is written."""
    return "rtl" if _primary(language) in _RIGHT_TO_LEFT else "ltr"


def name_of(language: str) -> str:
    """What `language` calls itself; its code where nobody knows."""
    try:
        name = Locale.parse(language.replace("_", "-"), sep="-").get_display_name()
    except (ValueError, UnknownLocaleError):
        return language
    return name[:1].upper() + name[1:] if name else language


def _primary(language: str | None) -> str:
    return (language or "").replace("_", "-").split("-")[0].lower()
