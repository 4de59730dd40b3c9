import os

from clinic.local.service import Service


def test_what_a_service_prints_is_repeated_line_by_line_under_its_name(capsys):
    service = Service("speaker", "-c", "print('one'); print('two')")

    service.start(os.environ)

    assert service.last_lines() == ["one", "two"]
    assert capsys.readouterr().out == "speaker  | one\nspeaker  | two\n"
    service.stop()


def test_a_service_that_says_nothing_is_no_trouble():
    service = Service("silent", "-c", "")

    service.start(os.environ)

    assert service.last_lines() == []
    service.stop()


def test_a_service_that_will_not_stop_is_killed_with_all_its_children():
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
    service = Service("stubborn", "-c", stubborn, seconds_to_stop=0.2)
    service.start(os.environ)
    while not service._lines:
        pass

    service.stop()

    assert service.process.returncode == -9
