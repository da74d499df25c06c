"""Write the description of the API into the file that the layer serves."""

from openapi.description import description_text
from sigbridge.api.openapi.routes import DOCUMENT

if __name__ == "__main__":
    DOCUMENT.write_text(description_text())
    print(f"written: {DOCUMENT}")
