"""Object identifiers of CMS and S/MIME, and the names the program gives to the algorithms behind them."""

DATA = "1.2.840.113549.1.7.1"
SIGNED_DATA = "1.2.840.113549.1.7.2"
ENVELOPED_DATA = "1.2.840.113549.1.7.3"
COMPRESSED_DATA = "1.2.840.113549.1.9.16.1.9"
AUTH_ENVELOPED_DATA = "1.2.840.113549.1.9.16.1.23"

CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
CAPABILITIES = "1.2.840.113549.1.9.15"
SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
ENCRYPTION_KEY_PREFERENCE = "1.2.840.113549.1.9.16.2.11"
# Outlook's own form of the preference, beside RFC 8551's.
MICROSOFT_KEY_PREFERENCE = "1.3.6.1.4.1.311.16.4"

ZLIB = "1.2.840.113549.1.9.16.3.8"

RSA = "1.2.840.113549.1.1.1"
RSA_OAEP = "1.2.840.113549.1.1.7"
MGF1 = "1.2.840.113549.1.1.8"
LABEL_SPECIFIED = "1.2.840.113549.1.1.9"
RSA_PSS = "1.2.840.113549.1.1.10"
EC_PUBLIC_KEY = "1.2.840.10045.2.1"
X25519 = "1.3.101.110"
X448 = "1.3.101.111"
ED25519 = "1.3.101.112"
ED448 = "1.3.101.113"

AES256_CBC = "2.16.840.1.101.3.4.1.42"
AES256_GCM = "2.16.840.1.101.3.4.1.46"
TRIPLE_DES = "1.2.840.113549.3.7"
AES256_WRAP = "2.16.840.1.101.3.4.1.45"
ECDH_SHA256 = "1.3.132.1.11.1"
ECDH_HKDF_SHA256 = "1.2.840.113549.1.9.16.3.19"

# Digests by the names hashlib gives them.
DIGESTS = {
    "1.2.840.113549.2.5": "md5",
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
    "2.16.840.1.101.3.4.2.7": "sha3_224",
    "2.16.840.1.101.3.4.2.8": "sha3_256",
    "2.16.840.1.101.3.4.2.9": "sha3_384",
    "2.16.840.1.101.3.4.2.10": "sha3_512",
    "2.16.840.1.101.3.4.2.12": "shake256",
}
DIGEST_IDENTIFIERS = {name: dotted for dotted, name in DIGESTS.items()}
# Collisions of the first cost seconds, those of the second a fortune: old, not forgeable by anybody.
FORGEABLE_DIGESTS = frozenset({"md5"})
WEAK_DIGESTS = FORGEABLE_DIGESTS | {"sha1"}

# Signature algorithms that name their digest; an empty digest means that of the signer's digestAlgorithm.
RSA_SIGNATURES = {
    RSA: "",
    "1.2.840.113549.1.1.4": "md5",
    "1.2.840.113549.1.1.5": "sha1",
    "1.3.14.3.2.29": "sha1",
    "1.2.840.113549.1.1.14": "sha224",
    "1.2.840.113549.1.1.11": "sha256",
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
    "2.16.840.1.101.3.4.3.13": "sha3_224",
    "2.16.840.1.101.3.4.3.14": "sha3_256",
    "2.16.840.1.101.3.4.3.15": "sha3_384",
    "2.16.840.1.101.3.4.3.16": "sha3_512",
}
ECDSA_SIGNATURES = {
    EC_PUBLIC_KEY: "",
    "1.2.840.10045.4.1": "sha1",
    "1.2.840.10045.4.3.1": "sha224",
    "1.2.840.10045.4.3.2": "sha256",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
    "2.16.840.1.101.3.4.3.9": "sha3_224",
    "2.16.840.1.101.3.4.3.10": "sha3_256",
    "2.16.840.1.101.3.4.3.11": "sha3_384",
    "2.16.840.1.101.3.4.3.12": "sha3_512",
}
# Read only: id-dsa for the key's own sake, as old programs write it (RFC 3370 section 3.1).
DSA_SIGNATURES = {
    "1.2.840.10040.4.1": "",
    "1.2.840.10040.4.3": "sha1",
    "2.16.840.1.101.3.4.3.1": "sha224",
    "2.16.840.1.101.3.4.3.2": "sha256",
    "2.16.840.1.101.3.4.3.3": "sha384",
    "2.16.840.1.101.3.4.3.4": "sha512",
}
SIGNATURES = RSA_SIGNATURES | ECDSA_SIGNATURES | DSA_SIGNATURES
ECDSA_IDENTIFIERS = {name: dotted for dotted, name in ECDSA_SIGNATURES.items() if name}

# Content encryption: name of the command line, key octets.
CBC_CIPHERS = {
    "2.16.840.1.101.3.4.1.2": ("aes128_cbc", 16),
    "2.16.840.1.101.3.4.1.22": ("aes192_cbc", 24),
    AES256_CBC: ("aes256_cbc", 32),
    TRIPLE_DES: ("tripledes_3key", 24),
}
GCM_CIPHERS = {
    "2.16.840.1.101.3.4.1.6": ("aes128_gcm", 16),
    "2.16.840.1.101.3.4.1.26": ("aes192_gcm", 24),
    AES256_GCM: ("aes256_gcm", 32),
}
CIPHERS = CBC_CIPHERS | GCM_CIPHERS
WEAK_CIPHERS = frozenset({TRIPLE_DES})

# Key-encryption-key octets of the key wraps (RFC 3394; RFC 3217 beside Triple-DES content).
TRIPLE_DES_WRAP = "1.2.840.113549.1.9.16.3.6"
KEY_WRAPS = {
    TRIPLE_DES_WRAP: 24,
    "2.16.840.1.101.3.4.1.5": 16,
    "2.16.840.1.101.3.4.1.25": 24,
    AES256_WRAP: 32,
}

# RFC 5753 section 7.1.4: standard and cofactor Diffie-Hellman with the X9.63 function. On the curves in use the
# cofactor is 1 (or X25519 clears it), so both are the same computation.
X963_SCHEMES = {
    "1.3.133.16.840.63.0.2": "sha1",
    "1.3.132.1.11.0": "sha224",
    ECDH_SHA256: "sha256",
    "1.3.132.1.11.2": "sha384",
    "1.3.132.1.11.3": "sha512",
    "1.3.133.16.840.63.0.3": "sha1",
    "1.3.132.1.14.0": "sha224",
    "1.3.132.1.14.1": "sha256",
    "1.3.132.1.14.2": "sha384",
    "1.3.132.1.14.3": "sha512",
}
# RFC 8418 section 2.2.
HKDF_SCHEMES = {
    ECDH_HKDF_SHA256: "sha256",
    "1.2.840.113549.1.9.16.3.20": "sha384",
    "1.2.840.113549.1.9.16.3.21": "sha512",
}
