"""Answering with a photo: see what the camera sees, take it, take another."""

from kiosk.attachments import JPEG, Making
from kiosk.devices.camera import Frame
from kiosk.language import tr
from kiosk.widgets.camera_answer import CameraAnswer
from kiosk.widgets.upload import pixels_wanted


class PhotoAnswer(CameraAnswer):
    """One photo.

    `state` is "looking", "taken" or "broken".
    """

    def show_again(self) -> bool:
        """Show the photo that was taken before; False where none was."""
        taken = self.attachments.making(self.value).origin
        if self.attachments.media_type(self.value) != JPEG or not isinstance(taken, Frame):
            return False
        self.state = "taken"
        self.ids.preview.show(taken)
        return True

    def take(self) -> None:
        """This is the photo."""
        preview = self.ids.preview
        frame = preview.frame
        if self.state != "looking" or frame is None:
            return
        preview.stop()
        preview.show(frame)
        most = pixels_wanted(self.step, max(frame.width, frame.height))
        self.keep(lambda: frame.jpeg(most), JPEG, Making(origin=frame))
        self.state = "taken"

    def touched(self) -> None:
        """The large button does the next thing that one wants."""
        match self.state:
            case "looking":
                self.take()
            case "taken":
                self.again()
            case _:
                self.look()

    def words(self) -> str:
        """On the large button."""
        texts = {"looking": tr._("Prendre la photo"), "taken": tr._("Reprendre la photo")}
        return texts.get(self.state) or super().words()

    def icon(self) -> str:
        """On the large button."""
        return "camera" if self.state == "looking" else super().icon()
