"""The placement policy is published by whoever leads, with a reason, and never contradicts what is known or the law."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from realm import BRIGADE, SDH, Night, opened, plain, replayed

from caravan import commands as c
from caravan import events as e
from caravan.audiences import Viewer
from caravan.basics import SYSTEM, Actor
from caravan.sharing import share
from caravan.shelters.policy import Policy

FILE = Path(__file__).parents[2] / "protocols" / "guanajuato.colocacion.yaml"
TEXT = FILE.read_text(encoding="utf-8").replace("buen-samaritano", "samaritano")
NEXT = TEXT.replace("version: 1", "version: 2").replace("vence: 90 min", "vence: 60 min")
WHY = "Llega una caravana"


def published(night: Night, text: str = TEXT, by: Actor = SDH) -> str:
    return night.create(c.PublishPolicy(text=text, reason=WHY), by)


def test_until_one_is_published_the_usual_policy_is_in_force() -> None:
    night = opened()
    assert night.picture.policy == Policy()
    assert night.picture.policy.key == ""


def test_a_published_policy_is_in_force_and_the_earlier_ones_are_kept() -> None:
    night = opened()
    assert published(night) == "guanajuato@1"
    night.passes(hours=1)
    assert published(night, NEXT) == "guanajuato@2"
    assert night.picture.policy.hold_minutes == 60
    assert set(night.picture.policies) == {"guanajuato@1", "guanajuato@2"}
    first = night.picture.policies["guanajuato@1"]
    assert (first.text, first.reason, first.agency, first.user) == (TEXT, WHY, "SDH", "u1")
    assert plain(replayed(night.journal)) == plain(night.picture)


def test_a_rule_with_its_hours_and_days_is_read_back_from_the_journal_as_it_was_published() -> None:
    night = opened()
    rule = "admite: nadie\n    horas: {de: 20:00, a: 06:00}\n    dias: {de: 2023-05-14, a: 2023-05-16}"
    published(night, TEXT.replace("recibe: {de: 17:00, a: 21:00}", rule))
    assert replayed(night.journal).policy == night.picture.policy
    [found] = night.picture.policy.admissions
    assert (found.admits, found.hours, found.days) == ((), ("20:00", "06:00"), (date(2023, 5, 14), date(2023, 5, 16)))


def test_a_house_that_says_it_takes_nobody_is_passed_over_from_the_next_proposal_on() -> None:
    night = opened()
    group = night.arrives(10)
    [chosen] = {part.shelter for part in night.plans(group).parts}
    rule = "admite: nadie\n    dias: {de: 2023-05-15, a: 2023-05-15}"
    text = TEXT.replace("recibe: {de: 17:00, a: 21:00}", rule).replace("albergue: samaritano", f"albergue: {chosen}")
    published(night, text)
    plan = night.plans(group)
    assert [part.people for part in plan.parts if part.shelter != chosen] == [10]
    assert [r.reason.code for r in plan.reasons if r.shelter == chosen] == ["admits_nobody_now"]
    assert plan.policy == "guanajuato@1"


def test_an_older_or_equal_version_is_refused_and_the_earlier_text_comes_back_under_a_new_one() -> None:
    night = opened()
    published(night, NEXT)
    assert night.refusal(c.PublishPolicy(text=TEXT, reason=WHY)).code == "policy_version_not_newer"
    other = NEXT.replace("porcentaje: 3", "porcentaje: 20")
    assert night.refusal(c.PublishPolicy(text=other, reason=WHY)).code == "policy_version_not_newer"
    published(night, TEXT.replace("version: 1", "version: 3"))
    assert night.picture.policy.hold_minutes == 90


def test_a_second_click_publishes_nothing_more() -> None:
    night = opened()
    published(night)
    outcome = night.do(c.PublishPolicy(text=TEXT, reason=WHY))
    assert outcome.created == "guanajuato@1"
    assert outcome.events == ()


def test_another_policy_does_not_take_the_place_of_the_one_in_force() -> None:
    night = opened()
    published(night)
    other = NEXT.replace("colocacion: guanajuato", "colocacion: queretaro")
    refused = night.refusal(c.PublishPolicy(text=other, reason=WHY))
    assert (refused.code, refused.details["known"]) == ("policy_of_another", "guanajuato")


def test_only_the_coordination_that_leads_publishes_a_policy() -> None:
    night = opened()
    town = Actor(agency="MUNICIPIO", role="coordination", user="u2")
    assert night.refusal(c.PublishPolicy(text=TEXT, reason=WHY), town).code == "not_yours_to_do"
    assert night.refusal(c.PublishPolicy(text=TEXT, reason=WHY), BRIGADE).code == "not_yours_to_do"
    published(night, by=SYSTEM)


def test_all_that_is_wrong_with_a_text_is_told() -> None:
    night = opened()
    wrong = TEXT.replace("porcentaje: 3", "porcentaje: 200").replace("dura: 45 dh", "dura: 45 d")
    refused = night.refusal(c.PublishPolicy(text=wrong, reason=WHY))
    assert refused.code == "policy_unsound"
    assert len(refused.details["problems"]) == 2


def test_a_house_and_a_level_nobody_knows_are_told_with_what_was_meant() -> None:
    night = opened()
    wrong = TEXT.replace("albergue: samaritano", "albergue: samaritana").replace("desde_nivel: n2", "desde_nivel: n9")
    told = night.refusal(c.PublishPolicy(text=wrong, reason=WHY)).details["problems"]
    assert "no tiene un nivel «n9»" in told[0]
    assert "no hay un albergue «samaritana» registrado; ¿quiso decir «samaritano»?" in told[1]


def test_no_policy_sends_children_who_are_alone_to_a_house_that_is_not_difs() -> None:
    night = opened()
    rule = "admite: [nna_no_acompanados]"
    text = TEXT.replace("recibe: {de: 17:00, a: 21:00}", rule)
    assert night.refusal(c.PublishPolicy(text=text, reason=WHY)).code == "minors_only_dif"
    published(night, text.replace("albergue: samaritano", "albergue: casa_dif"))


def test_the_policy_is_read_by_all_but_a_restricted_viewer_and_its_reasons_by_the_coordination() -> None:
    night = opened()
    published(night)
    inm = share(night.picture, Viewer(agency="INM", role="agency"), night.now)
    dif = share(night.picture, Viewer(agency="DIF", role="agency"), night.now)
    sdh = share(night.picture, Viewer(agency="SDH", role="coordination"), night.now)
    assert (inm.policy(), inm.policies(), dif.policies()) == (None, [], [])
    assert dif.policy() == night.picture.policy
    assert [one.reason for one in sdh.policies()] == [WHY]
    [event] = [event for event, _ in night.journal if isinstance(event, e.PolicyPublished)]
    assert (sdh.shows(event), dif.shows(event), inm.shows(event)) == (True, False, False)


def test_versions_are_read_the_newest_first() -> None:
    night = opened()
    published(night)
    published(night, NEXT)
    sdh = share(night.picture, Viewer(agency="SDH", role="coordination"), night.now)
    assert [one.policy.version for one in sdh.policies()] == [2, 1]
