"""The report page: read back as a browser would."""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import lxml.html
import pytest

from bandmate.report.data import GainReduction, Measured, Player, Profile, ProposalPart, ReportData
from bandmate.report.page import report_html
from bandmate.song.evidence import Evidence
from tests.report.samples import measured, mix_proposal, move, players, report, stem

VOID = {"meta", "link", "br", "input", "hr", "img", "line", "rect", "path", "circle"}
NAUGHTY = '<script>alert("x")</script>&"\'</style><img src=x onerror=y>'


def read(data: ReportData) -> lxml.html.HtmlElement:
    return lxml.html.document_fromstring(report_html(data))


def words(element: lxml.html.HtmlElement) -> str:
    text = " ".join(str(element.text_content()).split())
    return text.replace("\u00a0", " ").replace("−", "-")


def cells(page: lxml.html.HtmlElement, css_class: str) -> list[list[str]]:
    found = page.xpath(f".//table[contains(@class,'{css_class}')]/tbody/tr")
    return [[words(cell) for cell in row] for row in found]


def silent() -> Measured:
    return Measured(
        integrated_lufs=None,
        true_peak_dbtp=-math.inf,
        crest_db=math.nan,
        seconds=1.0,
        rate_hz=48000,
        channels=1,
        band_hz=(100.0, 200.0),
        band_db=(-math.inf, -math.inf),
        loudness_seconds=(0.0, 0.1),
        short_term_lufs=(None, -math.inf),
        envelope=((0.0, 0.0),) * 3,
    )


class Balance(HTMLParser):
    """Opens and closes every element in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, names)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


REPORTS = {
    "a whole song": report(players=players()),
    "no profile, nothing optional": report(
        profile=None, stems=(), proposals=(), files=(), gain_reduction=None, how_to_review=(), left_out=()
    ),
    "silence": report(before=silent(), after=silent(), gain_reduction=GainReduction(seconds=(), reduction_db=())),
    "24 stems": report(stems=tuple(stem(i) for i in range(1, 25))),
    "Cyrillic": report(title="Ночной автобус", stems=(stem(1, "Барабаны"),), after_label="мастер.wav"),
    "naughty": report(title=NAUGHTY, stems=(stem(1, NAUGHTY),), before_label=NAUGHTY, how_to_review=(NAUGHTY,)),
    "no moves": report(proposals=(ProposalPart(id="P1", stage="mix", title="Balance", remarks=("all is well",)),)),
    "one player": report(players=players()[:1]),
}


@pytest.fixture(params=REPORTS, ids=str)
def any_report(request: pytest.FixtureRequest) -> ReportData:
    return REPORTS[request.param]


def test_a_page_is_well_formed(any_report: ReportData) -> None:
    balance = Balance()
    balance.feed(report_html(any_report))
    balance.close()
    assert balance.open == []


def test_ids_are_unique_and_every_reference_finds_one(any_report: ReportData) -> None:
    page = read(any_report)
    ids = Counter(page.xpath("//@id"))
    assert [name for name, count in ids.items() if count > 1] == []
    named = page.xpath("//@aria-labelledby") + page.xpath("//label/@for")
    assert set(named) | {link[1:] for link in page.xpath("//a/@href")} <= set(ids)


def test_a_page_asks_for_nothing_outside_itself(any_report: ReportData) -> None:
    text = report_html(any_report)
    page = lxml.html.document_fromstring(text)
    sources = page.xpath("//@src | //@href | //@srcset | //@data | //@action | //@poster | //@background")
    assert all(source.startswith(("#", "data:")) for source in sources)
    style = page.xpath("string(//style)")
    assert "url(" not in style
    assert "@import" not in style
    assert not re.search(r"fetch\(|XMLHttpRequest|import\(|WebSocket|eval\(|innerHTML", page.xpath("string(//script)"))
    assert not re.search(r"https?://", text)


def test_the_policy_allows_only_the_style_and_script_of_the_page() -> None:
    text = report_html(report(players=players()))
    page = lxml.html.document_fromstring(text)
    policy = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    for tag, rule in (("style", "style-src"), ("script", "script-src")):
        inside = re.search(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert inside is not None
        digest = base64.b64encode(hashlib.sha256(inside[1].encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
    assert "unsafe" not in policy
    assert page.xpath("//@style") == []
    assert [name for element in page.iter() for name in element.attrib if name.startswith("on")] == []


def test_landmarks_headings_and_tables_are_there_for_a_screen_reader(any_report: ReportData) -> None:
    page = read(any_report)
    assert page.get("lang") == "en"
    assert [len(page.xpath(f"//{tag}")) for tag in ("h1", "main", "nav")] == [1, 1, 1]
    levels = [int(heading.tag[1]) for heading in page.xpath("//h1|//h2|//h3|//h4")]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for table in page.xpath("//table"):
        assert len(table.xpath("caption")) == 1
        assert all(th.get("scope") in ("row", "col") for th in table.xpath(".//th"))
        width = len(table.xpath("thead/tr/*"))
        assert {len(row) for row in table.xpath("tbody/tr")} == {width}
    assert all(svg.get("aria-label") or svg.get("aria-hidden") for svg in page.xpath("//svg[@class]"))
    assert all(region.get("aria-labelledby") for region in page.xpath("//*[@role='region']"))


def test_the_result_is_one_sentence() -> None:
    page = read(report())
    assert words(page.xpath("//p[@class='result']")[0]) == "master.wav: -14.0 LUFS, -1.06 dBTP"
    assert words(page.xpath("//p[@class='asked']")[0]) == (
        "Made for Spotify, -14.0 LUFS, at most -1.00 dBTP. on the loudness target 0.04 dB under the ceiling"
    )


@pytest.mark.parametrize(
    ("lufs", "peak", "said"),
    [
        (-14.6, -1.06, ["0.60 LU quieter than the target", "0.04 dB under the ceiling"]),
        (-13.0, -0.96, ["1.00 LU louder than the target", "0.06 dB over the ceiling"]),
    ],
)
def test_a_missed_target_is_said(lufs: float, peak: float, said: list[str]) -> None:
    data = report(after=measured(lufs, peak))
    verdicts = read(data).xpath("//*[contains(@class,'verdict')]")
    assert [words(v) for v in verdicts] == said
    assert ["missed" in v.get("class") for v in verdicts] == [True, peak > -1]


def test_the_16x_peak_counts_against_the_ceiling_where_it_is_higher() -> None:
    data = report(after=replace(measured(), true_peak_dbtp=-1.1, true_peak_16x_dbtp=-0.9))
    assert "0.10 dB over the ceiling" in words(read(data))


def test_the_numbers_before_and_after_are_those_of_the_data() -> None:
    assert cells(read(report()), "numbers") == [
        ["Loudness", "-23.3 LUFS", "-14.0 LUFS", "+9.3 LU", "-14.0 LUFS"],
        ["True peak", "-6.83 dBTP", "-1.06 dBTP", "+5.77 dB", "at most -1.00 dBTP"],
        ["Loudness range", "6.3 LU", "6.3 LU", "0.0 LU", ""],
        ["True peak, checked at 16x", "-6.81 dBTP", "-1.04 dBTP", "+5.77 dB", "at most -1.00 dBTP"],
        ["Loudest 3 seconds", "-20.6 LUFS", "-11.3 LUFS", "+9.3 LU", ""],
        ["Crest", "13.3 dB", "13.3 dB", "0.0 dB", ""],
        ["Length", "1:23.2", "1:23.2", "", ""],
        ["Format", "44.1 kHz, stereo", "44.1 kHz, stereo", "", ""],
    ]


def test_stems_are_listed_with_what_was_measured() -> None:
    data = report(stems=tuple(stem(i) for i in range(1, 25)))
    listed = cells(read(data), "stems")
    assert len(listed) == 24
    for row, given in zip(listed, data.stems, strict=True):
        heard = given.measured
        assert row[0] == f"{given.name} {given.file}"
        assert row[1] == "horns 90 % sure"
        assert [float(row[i].split()[0]) for i in (3, 4, 5, 6)] == pytest.approx(
            [heard.integrated_lufs, heard.range_lu, heard.true_peak_dbtp, heard.crest_db], abs=0.0501
        )
        assert row[7:] == ["1:23.2", "44.1 kHz, stereo"]


def test_files_are_listed_with_their_numbers_and_whole_hashes() -> None:
    data = report()
    listed = cells(read(data), "files")
    assert listed[0][:5] == ["mix.wav the mix", "WAV, 24 bit44.1 kHz, stereo", "-23.3 LUFS", "-6.83 dBTP", "1:23.2"]
    assert [row[5] for row in listed] == [file.sha256 or "–" for file in data.files]
    assert listed[2][2:5] == ["–", "–", "–"]


def test_every_move_is_a_card_with_its_reason_and_evidence() -> None:
    page = read(report())
    cards = page.xpath("//article")
    assert len(cards) == 5
    first = cards[0]
    assert words(first.xpath(".//h4")[0]) == "Lead guitar, equalizer, band 2: gain"
    assert words(first.xpath(".//p[@class='values']")[0]) == "from 0.0 dB → to -2.5 dB at 2.8 kHz"
    assert words(first.xpath(".//p[@class='because']")[0]).startswith("The clavinet masks")
    assert cells(first, "evidence") == [
        ["masked frames %", "bars 17-32", "41", "22", "25"],
        ["lead over the rest, 2 to 4 kHz dB", "", "-3.20", "-0.90", "–"],
    ]
    assert words(first.xpath("footer")[0]) == "82 % sure strength 100 % tracks/lead-guitar/inserts/eq/bands/2/gain_db"
    states = [words(card.xpath(".//*[@class='state']")[0]) for card in cards]
    assert states == ["accepted at 100 %", "accepted at 100 %", "accepted at 50 %", "refused", "accepted at 100 %"]
    assert words(page.xpath("//section[@id='proposals']/p")[0]) == "5 moves: 4 accepted, 1 refused."
    assert len(page.xpath("//*[@class='remarks']//li")) == 3


def test_evidence_is_folded_away_when_there_are_many_moves() -> None:
    part = replace(mix_proposal(), moves=tuple(move(i) for i in range(1, 40)))
    assert read(report()).xpath("//details/@open") != []
    assert read(report(proposals=(part,))).xpath("//details/@open") == []


def test_nothing_proposed_is_said() -> None:
    assert "Nothing was proposed." in words(read(report(proposals=())))
    page = read(REPORTS["no moves"])
    assert "No moves." in words(page)
    assert "all is well" in words(page)


def test_silence_is_a_word_and_the_unknown_a_dash() -> None:
    page = read(REPORTS["silence"])
    assert words(page.xpath("//p[@class='result']")[0]) == "master.wav: no measurable loudness, silence"
    listed = cells(page, "numbers")
    assert listed[0][:4] == ["Loudness", "–", "–", "–"]
    assert listed[1][:4] == ["True peak", "silence", "silence", "–"]
    assert not re.search(r"\b(nan|inf|None)\b", words(page))
    assert [words(h) for h in page.xpath("//figure//h3")] == ["Waveform"]


def test_a_name_with_markup_in_it_is_only_a_name() -> None:
    page = read(REPORTS["naughty"])
    assert len(page.xpath("//script")) == 0
    assert page.xpath("//img") == []
    assert page.xpath("//h1/bdi")[0].text_content() == NAUGHTY
    assert page.xpath("//table[contains(@class,'stems')]//th[@scope='row']/bdi")[0].text_content() == NAUGHTY
    assert any(NAUGHTY in label for label in page.xpath("//svg/@aria-label"))
    hostile = Player(label=NAUGHTY, mime='audio/x"><script>', data=b"x", gain_db=0.0, loudness_lufs=None)
    listening = read(report(players=(hostile,)))
    assert len(listening.xpath("//script")) == 1
    assert listening.xpath("//audio/@aria-label") == [NAUGHTY]


def test_names_in_other_scripts_and_undecodable_ones_can_be_written() -> None:
    assert "Ночной автобус" in report_html(REPORTS["Cyrillic"])
    page = report_html(report(title="bad \udcff\x00\x07 name"))
    assert "bad \ufffd\ufffd\ufffd name" in page
    page.encode("utf-8")


def test_players_carry_their_sound_and_say_how_they_were_matched() -> None:
    page = read(report(players=players(b"one", b"two", "audio/ogg")))
    sources = page.xpath("//audio/@src")
    assert [base64.b64decode(source.partition(",")[2]) for source in sources] == [b"one", b"two"]
    assert all(source.startswith("data:audio/ogg;base64,") for source in sources)
    assert [words(caption) for caption in page.xpath("//figure[contains(@class,'player')]/figcaption")] == [
        "before -23.3 LUFS, played as it is",
        "after -14.0 LUFS, matched by -9.3 dB",
    ]


def test_without_a_script_there_are_plain_players_and_no_dead_buttons() -> None:
    page = read(report(players=players()))
    assert all(audio.get("controls") is not None for audio in page.xpath("//audio"))
    assert page.xpath("//*[@id='transport']")[0].get("hidden") is not None
    assert page.xpath("//button[not(ancestor::*[@id='transport'])]") == []


def test_without_players_there_is_no_script() -> None:
    assert read(report()).xpath("//script | //*[@id='listen'] | //a[@href='#listen']") == []


def test_charts_over_time_share_one_axis_and_curves_stay_inside() -> None:
    page = read(report())
    assert [words(h) for h in page.xpath("//figure//h3")] == [
        "Waveform",
        "Loudness over time",
        "What the limiter did",
        "Spectrum",
    ]
    assert set(page.xpath("//*[@class='playhead']/@data-seconds")) == {"83.200"}
    for path in page.xpath("//svg[contains(@class,'plot')]//path/@d"):
        xs = [float(x) for x, _ in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path)]
        assert min(xs) >= 0
        assert max(xs) <= 1000


def test_the_spectra_are_compared_at_equal_loudness_and_it_says_so() -> None:
    assert "The first is drawn +9.3 dB, to compare at equal loudness." in words(read(report()))


def test_commands_stand_apart_from_their_explanations() -> None:
    items = read(report()).xpath("//ul[contains(@class,'commands')]/li")
    assert words(items[0].xpath("code")[0]) == "bandmate show P1"
    assert words(items[0].xpath("span")[0]) == "every move with its reason"


def test_a_profile_without_numbers_makes_no_promise() -> None:
    page = read(report(profile=Profile(name="own", loudness_lufs=None, ceiling_dbtp=None)))
    assert words(page.xpath("//p[@class='asked']")[0]) == "Made for own."


def test_evidence_with_nothing_but_a_name_is_shown() -> None:
    part = replace(mix_proposal(), moves=(move(1, evidence=(Evidence(what="heard", unit=""),)),))
    assert cells(read(report(proposals=(part,))), "evidence") == [["heard"]]


def test_the_same_report_gives_the_same_page() -> None:
    assert report_html(report()) == report_html(report())
