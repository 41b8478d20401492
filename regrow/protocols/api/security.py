"""Who may call, what they may do, and what is encrypted: the specification's `SecurityConfig`.

Read from settings, never sent: the secrets are masked in every dump and representation, so writing one of these models back
does not give the same text. Ask for the value with `get_secret_value()` where it is used, and nowhere else.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import Field, JsonValue, SecretStr, model_validator

from regrow.protocols.wire import NonEmpty, Omittable, SpecModel

__all__ = [
    "ApiKeyConfig",
    "Authentication",
    "AuthenticationConfig",
    "AuthenticationType",
    "Authorization",
    "AuthorizationModel",
    "Encryption",
    "JwtConfig",
    "OAuth2Config",
    "Role",
    "SecurityConfig",
    "StorageEncryption",
    "TransitEncryption",
]


class AuthenticationType(StrEnum):
    """How a caller says who it is."""

    API_KEY = "apiKey"
    JWT = "jwt"
    OAUTH2 = "oauth2"


class ApiKeyConfig(SpecModel):
    """The header that carries a key, and what stands before the key in it ("Bearer ")."""

    header: NonEmpty
    prefix: Omittable[str] = None


class JwtConfig(SpecModel):
    """How tokens are signed. `expires_in` is a number with a unit, as in 15m, 12h, 7d."""

    secret: SecretStr
    algorithm: NonEmpty
    expires_in: Annotated[str, Field(pattern=r"^[1-9][0-9]*[smhd]$")]


class OAuth2Config(SpecModel):
    """The provider that callers log in with."""

    provider: NonEmpty
    client_id: NonEmpty
    client_secret: SecretStr
    callback_url: NonEmpty


class AuthenticationConfig(SpecModel):
    """Settings of each way to authenticate; that of the chosen one must be there."""

    api_key: Omittable[ApiKeyConfig] = None
    jwt: Omittable[JwtConfig] = None
    oauth2: Omittable[OAuth2Config] = None


_FIELD_OF: Final[dict[AuthenticationType, str]] = {
    AuthenticationType.API_KEY: "api_key",
    AuthenticationType.JWT: "jwt",
    AuthenticationType.OAUTH2: "oauth2",
}


class Authentication(SpecModel):
    """The way callers authenticate."""

    type: AuthenticationType
    config: AuthenticationConfig

    @model_validator(mode="after")
    def _has_the_settings_of_its_type(self) -> Self:
        if getattr(self.config, _FIELD_OF[self.type]) is None:
            msg = f"authentication by {self.type.value} needs config.{self.type.value}"
            raise ValueError(msg)
        return self


class AuthorizationModel(StrEnum):
    """Whether roles decide, or attributes of caller, object and moment."""

    RBAC = "rbac"
    ABAC = "abac"


class Role(SpecModel):
    """A name, and what whoever has it may do."""

    name: NonEmpty
    permissions: tuple[NonEmpty, ...]


class Authorization(SpecModel):
    """Who may do what. `policies` are those of ABAC; their shape belongs to the policy engine."""

    model: AuthorizationModel
    roles: tuple[Role, ...]
    policies: Omittable[JsonValue] = None


class TransitEncryption(SpecModel):
    """Encryption of connections. `protocol` is the oldest version that is accepted."""

    enabled: bool
    protocol: Literal["tls1.2", "tls1.3"]
    ciphers: tuple[NonEmpty, ...]


class StorageEncryption(SpecModel):
    """Encryption of what is stored. A new key is made every `key_rotation_days`; old ones stay in the ring to read with."""

    enabled: bool
    algorithm: Literal["aes-256-gcm"]
    key_rotation_days: Annotated[float, Field(gt=0)]


class Encryption(SpecModel):
    """Encryption on the way and at rest."""

    transit: TransitEncryption
    storage: StorageEncryption


class SecurityConfig(SpecModel):
    """All of it."""

    authentication: Authentication
    authorization: Authorization
    encryption: Encryption
