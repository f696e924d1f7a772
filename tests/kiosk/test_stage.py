from tests.kiosk import hall


def test_x(tmp_path):
    with hall.hall(tmp_path) as town:
        assert town.name == "welcome"
        town.touch("Touchez pour commencer", "Français", "Je commence")
        print(town.things)
        assert town.name == "question"
        town.skip_to_review()
        print(town.name, town.things)
