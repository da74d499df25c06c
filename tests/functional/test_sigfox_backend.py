"""The tests' own Sigfox API, reached with the program's settings; its credentials lie in their account."""

import pytest

from sigbridge.aws.parameters import find_secret, put_secret
from sigbridge.provisioning.api_client import ApiClient, Credentials
from sigbridge.settings import settings
from tests.functional.sigfox_api import GROUP, LOGIN, PASSWORD


@pytest.mark.usefixtures("sigfox_api_url")
def test_the_program_reaches_sigfox_and_its_own_secrets() -> None:
    client = ApiClient(settings().sigfox_api_url, Credentials(LOGIN, PASSWORD))
    name = f"{settings().credentials_path}/demo/sigfox"

    assert find_secret(name) is None
    put_secret(name, PASSWORD)

    assert find_secret(name) == PASSWORD
    assert client.get(f"/groups/{GROUP}")["name"] == "Farms"
