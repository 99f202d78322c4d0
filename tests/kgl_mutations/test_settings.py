"""config/kgl.yaml: what can be used, and what is refused with its line."""

import pytest

from risicoatlas.errors import ConfigError, SettingError
from risicoatlas.kgl import settings as kgl
from risicoatlas.settings import Settings


def test_settings_of_the_repository(settings):
    found = kgl.read(settings.config)
    assert (found.rhythm, found.ribbon_distance_m, found.mail.url) == ("maandelijks", 200, None)


def test_variable_goes_before_the_file_and_does_not_show(tmp_path):
    (tmp_path / "kgl.yaml").write_text(
        "rhythms: {GM0457: wekelijks}\n"
        "mail: {smtp: 'smtp://a:25', from: atlas@example.nl, to: {GM0457: kgl@weesp.example}}\n"
    )
    found = kgl.read(tmp_path, "smtps://user:geheim@mail:465")
    assert found.mail.url == "smtps://user:geheim@mail:465"
    assert "geheim" not in repr(found)
    assert found.mail.to == {"GM0457": ("kgl@weesp.example",)}
    assert (found.rhythm_of("GM0457"), found.rhythm_of("GM0363")) == ("wekelijks", "maandelijks")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rhythm: jaarlijks", "kgl.yaml:1: rhythm: found 'jaarlijks', expected one of direct, dagelijks"),
        ("# kop\nritme: direct", "kgl.yaml:2: unknown key 'ritme': expected one of mail, rhythm, rhythms, ribbons"),
        ("rhythms: {Weesp: direct}", "kgl.yaml:1: found 'Weesp', expected the code of a municipality such as GM0457"),
        ("mail:\n  smtp: mail.example.nl", "kgl.yaml:2: smtp: expected an address such as smtp://mail.example.nl:25"),
        ("mail:\n  to: {GM0457: weesp}", "kgl.yaml:2: found 'weesp', expected an address such as kgl@gemeente.example"),
        ("mail: {smtp: 'smtp://a', to: {GM0457: a@b.nl}}", "kgl.yaml:1: mail: needs `from`"),
        ("ribbons: {distance_m: -1}", "kgl.yaml:1: distance_m: found -1, expected metres up to 10000"),
        ("rhythm: [direct", "kgl.yaml:1: not valid YAML"),
    ],
)
def test_file_that_cannot_be_used_is_refused_with_its_line(tmp_path, text, message):
    (tmp_path / "kgl.yaml").write_text(text)
    with pytest.raises(ConfigError, match=message.replace("(", r"\(")):
        kgl.read(tmp_path)


def test_variable_that_is_no_address_is_refused_without_showing_it():
    assert "geheim" not in repr(Settings.from_environ({"RISICOATLAS_SMTP_URL": "smtp://user:geheim@mail"}))
    with pytest.raises(SettingError, match="RISICOATLAS_SMTP_URL") as error:
        Settings.from_environ({"RISICOATLAS_SMTP_URL": "geheim"})
    assert "geheim" not in str(error.value)
