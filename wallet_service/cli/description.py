"""`wallet openapi`: the API's description, as the repository keeps it."""

from __future__ import annotations

import click


@click.command()
def openapi() -> None:
    """Print the API's description as OpenAPI 3.1: `wallet openapi > openapi.json` after each change of it.

    No database is needed.
    """
    from wallet_service.api import docs
    from wallet_service.api.app import create_app
    from wallet_service.settings import Settings

    app = create_app(Settings(database_url="", redis_url=""))
    with app.app_context():
        click.echo(docs.written(app), nl=False)
