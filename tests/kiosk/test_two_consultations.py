from tests.kiosk import driver, hall


def test_with_two_consultations_the_first_touch_asks_which_and_afterwards_the_first_is_shown(
    tmp_path,
):
    other = hall.from_catalogue("democratie-courte")
    with hall.hall(tmp_path, hall.consultation(), other) as town:
        first = town.kiosk.offer
        second = town.kiosk.offers[1]
        driver.tap(town.kiosk.page.ids.start)
        town.touch(second.title("fr"))
        assert town.kiosk.offer is second
        town.touch("Français")
        town.kiosk.erase()
        assert town.kiosk.offer is first
