"""The command line as a user meets it."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

import scoresep
from scoresep.cli.main import run
from scoresep.evaluation.metrics import bss_eval
from scoresep.io.note_table import COLUMNS

FIXTURES = Path(__file__).parent.parent.parent / "fixtures"
STEMS = ("left.wav", "right.wav", "residual.wav")


def scoresep_process(words, **kwargs):
    """Run the command in a process of its own."""
    return subprocess.run([sys.executable, "-m", "scoresep", *words], capture_output=True, check=False, **kwargs)


def stems_of(folder):
    """Return the bytes of the three stems in a folder."""
    return [(folder / name).read_bytes() for name in STEMS]


def test_chain_files_and_pipes_give_the_same_bits(waltz):
    assert run(["separate", "song.flac", "score.mid", "--groups", "hands.yaml", "--keep", "kept"]) == 0
    assert run("stft song.flac align score.mid decompose mask --groups hands.yaml render -o chain".split()) == 0
    assert run("stft song.flac -o s.stft.npz".split()) == 0
    assert run("align s.stft.npz score.mid -o s.align.npz".split()) == 0
    assert run("decompose s.stft.npz s.align.npz -o s.parts.npz".split()) == 0
    assert run("mask s.parts.npz --groups hands.yaml -o s.masks.npz".split()) == 0
    assert run("render s.stft.npz s.masks.npz -o files".split()) == 0
    assert run("render kept/song.stft.npz kept/song.masks.npz -o kept_stems".split()) == 0
    piped = b""
    stages = (
        ["align", "s.stft.npz", "score.mid"],
        ["decompose", "s.stft.npz", "-"],
        ["mask", "-", "--groups", "hands.yaml"],
    )
    for words in stages:
        done = scoresep_process([*words, "-o", "-"], input=piped)
        assert done.returncode == 0, done.stderr
        piped = done.stdout
    assert scoresep_process(["render", "s.stft.npz", "-", "-o", "piped"], input=piped).returncode == 0
    wanted = stems_of(waltz / "song_stems")
    for folder in ("chain", "files", "kept_stems", "piped"):
        assert stems_of(waltz / folder) == wanted, folder


def test_single_notes_are_the_same_in_one_word_and_in_a_chain(waltz):
    (waltz / "notes.yaml").write_text("note: {each: note, time: 0..2}\nrest: rest\n")
    assert run("separate song.flac score.mid --groups notes.yaml -o word".split()) == 0
    assert run("stft song.flac align score.mid decompose mask --groups notes.yaml render -o chain".split()) == 0
    files = sorted(path.name for path in (waltz / "word").iterdir())
    assert len(files) > 8
    for name in set(files) - {"stems.json", "separation.npz"}:
        assert (waltz / "word" / name).read_bytes() == (waltz / "chain" / name).read_bytes(), name


def test_stems_are_printed_and_add_up(waltz, capsys):
    assert run("separate song.flac score.mid -o out".split()) == 0
    printed = capsys.readouterr().out.split()
    assert printed == [f"out/{name}" for name in STEMS]
    recording, rate = soundfile.read("song.flac", dtype="int16")
    stems = [soundfile.read(path, dtype="int16") for path in printed]
    assert all(
        stem[1] == rate and soundfile.info(path).subtype == "PCM_16" for stem, path in zip(stems, printed, strict=True)
    )
    assert np.array_equal(sum(stem[0].astype(int) for stem in stems), recording)


def test_true_hands_are_found(waltz):
    assert run("separate song.flac score.mid -o out".split()) == 0

    hands = ("left", "right")
    true = np.array([soundfile.read(FIXTURES / f"stems/{hand}.flac")[0].mean(axis=1) for hand in hands])
    found = np.array([soundfile.read(f"out/{hand}.wav")[0].mean(axis=1) for hand in hands])
    assert bss_eval(true, found)[0].min() > 11


def test_summary_is_json_with_all_that_was_asked(waltz, capsys):
    assert run("separate song.flac score.mid -o out --json".split()) == 0
    summary = json.loads(capsys.readouterr().out)
    assert [stem["name"] for stem in summary["stems"]] == ["left", "right", "residual"]
    assert summary["seconds"] == pytest.approx(12.056, abs=0.001)
    assert summary["confidence"] > 0.9
    assert summary["warnings"] == []
    assert {"level", "peak", "file", "start"} <= summary["stems"][0].keys()
    files = json.loads((waltz / "out/stems.json").read_text())["files"]
    assert files == ["left.wav", "residual.wav", "right.wav", "separation.npz"]


def test_quiet_says_nothing(waltz, capsys):
    assert run("-q separate song.flac score.mid -o one".split()) == 0
    assert run("separate song.flac score.mid -o two -q".split()) == 0
    captured = capsys.readouterr()
    assert not captured.out
    assert not captured.err


def test_part_of_a_recording(waltz):
    assert run("separate song.flac score.mid -o out --start 0:02 --end 7.5".split()) == 0
    recording = soundfile.read("song.flac", dtype="int16")[0][2 * 44100 : round(7.5 * 44100)]
    assert np.array_equal(sum(soundfile.read(f"out/{name}", dtype="int16")[0].astype(int) for name in STEMS), recording)


def test_minus_one_is_the_recording_without_a_group(waltz, capsys):
    assert run("separate song.flac score.mid -o out --minus-one".split()) == 0
    assert "out/minus-one/without-left.wav" in capsys.readouterr().out.split()
    left, without = (
        soundfile.read(f"out/{name}.wav", dtype="int16")[0].astype(int) for name in ("left", "minus-one/without-left")
    )
    assert np.array_equal(left + without, soundfile.read("song.flac", dtype="int16")[0])


def test_nothing_is_overwritten_unasked(waltz, error_of):
    words = "separate song.flac score.mid -o out".split()
    assert run(words) == 0
    before = stems_of(waltz / "out")
    (waltz / "out/mine.txt").write_text("keep me")
    assert "--overwrite" in error_of(words)
    assert stems_of(waltz / "out") == before
    (waltz / "bass.yaml").write_text("bass: {pitch: ..B3}")
    assert run([*words, "--overwrite", "--groups", "bass.yaml"]) == 0
    assert sorted(path.name for path in (waltz / "out").iterdir()) == [
        "bass.wav",
        "mine.txt",
        "residual.wav",
        "separation.npz",
        "stems.json",
    ]


def test_kept_files_are_not_overwritten_unasked(waltz, error_of):
    assert run("separate song.flac score.mid -o one --keep kept".split()) == 0
    assert "--overwrite" in error_of("separate song.flac score.mid -o two --keep kept".split())
    assert not (waltz / "two").exists()
    assert run("separate song.flac score.mid -o two --keep kept --overwrite".split()) == 0


def test_score_in_recording_time_is_left_alone(waltz):
    assert run("align song.flac score.mid --no-align --csv notes.csv".split()) == 0
    table = np.genfromtxt("notes.csv", delimiter=",", names=True, dtype=None, encoding="utf-8")
    assert table.dtype.names == COLUMNS
    assert np.allclose(table["onset"], table["score_onset"], atol=1e-4)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("separate song.flac", "Name a recording and its score"),
        ("separate song.flac score.mid --iterations x", "--iterations"),
        ("separate song.flac score.mid --n-fft 100 --hop 80", "hop"),
        ("separate song.flac score.mid --loss manhattan", "manhattan"),
        ("stft song.flac", "add -o FILE"),
        ("decompose -o x.npz", "no spectrogram"),
        ("stft song.flac mask -o x.npz", "no decomposition"),
        ("stft song.flac align score.mid decompose mask render --fromat wav", "--fromat"),
        ("stft song.flac other.flac -o x.npz", "other.flac"),
        ("align - - -o x.npz", "standard input is not read as a score"),
        ("frobnicate", "frobnicate"),
        ("plot x.npz -o x.gif", ".png"),
    ],
)
def test_mistake_on_the_command_line(words, says, waltz, error_of):
    status = 1 if "is not read" in says else 2
    assert says in error_of(words.split(), status)
    assert sorted(path.name for path in waltz.iterdir()) == ["hands.yaml", "score.mid", "song.flac"]


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("separate song.flac", "separate"),
        ("separate song.flac score.mid --iterations x", "separate"),
        ("edit song.flac score.mid", "edit"),
        ("mosaic song.flac song.flac --group left -o x.wav", "mosaic"),
        ("stft song.flac mask -o x.npz", "mask"),
        ("stft song.flac other.flac -o x.npz", "stft"),
    ],
)
def test_mistake_on_the_command_line_names_the_help_of_its_command(words, command, waltz, error_of):
    assert error_of(words.split(), 2).endswith(f" See 'scoresep {command} --help'.")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("separate nothing.flac score.mid", "nothing.flac"),
        ("separate score.mid score.mid", "not a sound file"),
        ("separate song.flac song.flac", "not a score"),
        ("separate song.flac nothing.mid", "nothing.mid: no such file"),
        ("separate song.flac score.mid --groups nothing.yaml", "nothing.yaml"),
        ("separate song.flac score.mid --groups typo.yaml", "typo.yaml:2: group 'left' names part 'LH'"),
        ("separate song.flac score.mid -o hands.yaml/folder", "hands.yaml is a file, not a folder"),
        ("separate song.flac score.mid --subtype PCM_99", "PCM_99"),
        ("separate song.flac score.mid --format docx", "docx"),
        ("separate song.flac score.mid --start 1:00", "12.06 s long"),
        ("stft song.flac align score.mid decompose mask --groups typo.yaml render -o out", "typo.yaml:2"),
        ("decompose song.flac score.mid -o x.npz", "not a sound .npz file"),
    ],
)
def test_mistake_in_the_input(words, says, waltz, error_of):
    (waltz / "typo.yaml").write_text("right: {part: Right hand}\nleft: {part: LH}\n")
    before = sorted(waltz.iterdir())
    assert says in error_of(words.split())
    assert sorted(waltz.iterdir()) == before


def test_files_of_two_songs_do_not_mix(waltz, error_of):
    samples, rate = soundfile.read("song.flac", dtype="int16")
    soundfile.write("other.flac", samples[: 5 * rate], rate)
    assert run("stft song.flac -o a.stft.npz".split()) == 0
    assert run("stft other.flac -o b.stft.npz".split()) == 0
    assert run("align a.stft.npz score.mid -o a.align.npz".split()) == 0
    assert "another recording" in error_of("decompose b.stft.npz a.align.npz -o x.npz".split())
    assert "holds spectrogram; wanted alignment" in error_of("decompose a.stft.npz b.stft.npz -o x.npz".split())


def test_unexpected_error_is_one_line_too(waltz, capsys, error_of, monkeypatch):
    def fail(*args, **kwargs):
        raise ZeroDivisionError("by chance")

    monkeypatch.setattr("scoresep.pipeline.align", fail)
    assert "ZeroDivisionError: by chance; --debug" in error_of("separate song.flac score.mid".split())
    assert run("--debug separate song.flac score.mid".split()) == 1
    assert "Traceback" in capsys.readouterr().err
    assert not list(waltz.glob("*stems*"))


def test_interruption_leaves_nothing(waltz, error_of, monkeypatch):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("scoresep.streaming.mask", interrupt)
    assert "interrupted" in error_of("separate song.flac score.mid".split(), 130)
    assert sorted(path.name for path in waltz.iterdir()) == ["hands.yaml", "score.mid", "song.flac"]


def test_a_stage_name_as_a_value_or_after_dashes_is_a_word(waltz):
    (waltz / "song.flac").rename(waltz / "mask")
    assert run("stft -o render -- mask".split()) == 0
    assert (waltz / "render").exists()


def test_version(capsys):
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.strip() == f"scoresep {scoresep.__version__}"


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_plot_draws_every_kind(waltz, suffix):
    assert run("separate song.flac score.mid -q --keep .".split()) == 0
    files = [f"song.{kind}.npz" for kind in ("stft", "align", "parts", "masks")]
    assert run(["plot", *files, "-o", f"p.{suffix}", "--end", "5"]) == 0
    assert (waltz / f"p.{suffix}").stat().st_size > 5000


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("--format docx", "there is no such sound format"),
        ("--subtype PCM_99", "PCM_99"),
        ("", "out/left.wav: is there already, but not made by scoresep"),
    ],
)
@pytest.mark.parametrize(
    "chain",
    [
        "stft song.flac align score.mid decompose mask --groups hands.yaml render",
        "stft song.flac mask song.parts.npz render",
        "render song.stft.npz song.masks.npz",
    ],
)
def test_mistake_at_the_end_of_a_chain_costs_nothing(chain, options, says, waltz, error_of, monkeypatch):
    (waltz / "out").mkdir()
    (waltz / "out/left.wav").write_text("mine")
    words = "stft song.flac -o song.stft.npz align score.mid decompose -o song.parts.npz mask -o song.masks.npz"
    assert run(words.split()) == 0
    for stage in ("stft.stft", "align.align", "mask.mask", "render.render_stretches"):
        monkeypatch.setattr(f"scoresep.stages.{stage}", lambda *_, **__: pytest.fail("it went on"))
    assert says in error_of(f"{chain} -o out --overwrite {options}".split())
    assert (waltz / "out/left.wav").read_text() == "mine"


def test_too_little_room_at_the_end_of_a_chain_costs_nothing(waltz, error_of, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1000))
    monkeypatch.setattr("scoresep.stages.align.align", lambda *_, **__: pytest.fail("it went on"))
    assert "make room" in error_of("stft song.flac align score.mid decompose mask render -o out".split())


@pytest.mark.parametrize("words", [["stft", "song.flac", "-o", "-"], ["align", "song.flac", "score.mid", "--csv", "-"]])
def test_nobody_reads_standard_output_any_more(waltz, words):
    command = f"{sys.executable} -m scoresep {' '.join(words)} | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert not done.stderr


@pytest.mark.parametrize(
    ("option", "says", "says_not"),
    [
        ("-q", [], ["aligned", "warning"]),
        (None, ["scoresep: warning: "], ["aligned"]),
        ("-v", ["aligned 118 notes", "scoresep: warning: ", "decomposed into"], ["iteration 1 of 2"]),
        ("--debug", ["aligned 118 notes", "iteration 1 of 2"], ["Traceback"]),
    ],
)
def test_options_choose_the_messages(waltz, capsys, option, says, says_not):
    words = "separate song.flac score.mid --iterations 2 --end 4 --force".split()
    assert run([*words, *([option] if option else [])]) == 0
    printed = capsys.readouterr().err
    assert all(text in printed for text in says)
    assert not any(text in printed for text in says_not)


def test_pieces_of_a_kit_are_the_same_in_one_word_and_in_a_chain(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    song, score = str(FIXTURES / "groove.flac"), str(FIXTURES / "groove.mid")
    (tmp_path / "kit.yaml").write_text("kick: {drum: kick}\nsnare: {drum: snare}\nhats: {drum: hihat}\nband: rest\n")
    more = ["--end", "6", "--iterations", "3"]
    assert run(["separate", song, score, "--groups", "kit.yaml", "-o", "word", *more]) == 0
    words = f"stft {song} --end 6 align {score} decompose --iterations 3 mask --groups kit.yaml render -o chain"
    assert run(words.split()) == 0
    names = ["kick.wav", "snare.wav", "hats.wav", "band.wav", "residual.wav"]
    for name in names:
        assert (tmp_path / "word" / name).read_bytes() == (tmp_path / "chain" / name).read_bytes(), name
    recording = soundfile.read(song, dtype="int16")[0][: 6 * soundfile.info(song).samplerate]
    assert np.array_equal(
        sum(soundfile.read(f"word/{name}", dtype="int16")[0].astype(int) for name in names), recording
    )
