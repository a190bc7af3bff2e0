namespace Gateway.Core.Tests.Configuration;

/// <summary>Public keys that were made for tests and verify nothing.</summary>
internal static class TokenKeySamples
{
    public const string Rsa2048 = """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAt5XGwzcuqNhPIDon0056
        NBU1Hb8tfIGN9QOyOhl3eINfimDKjUdzN67PDOOsT1TEYPZ8nuidRElnmyEUs5s+
        Tlu1vAZfxvNDTKKZ433Eul54o3RJBFMItY5dVUcfXOqCwxiFy2fW/RjdvaHe7Boj
        XqEixGYYalp79TVOyxM/5o//d3tGGVCi4yms4WeuHtPRLdWV+Eh9Q67Y6e7CLonf
        M5VxLm0fPiLgaHff53U4URLPT47NVm7XKQv/irpA3n3/6ibTRY9IZqcPdbsJlI9X
        /gMcVOodEzWgWZb4UOJxMNHt0XubfWc+DjnMNKBlRspq4lbPpDZ9C5cxjdte4ER4
        eQIDAQAB
        -----END PUBLIC KEY-----
        """;

    public const string Rsa2048Pkcs1 = """
        -----BEGIN RSA PUBLIC KEY-----
        MIIBCgKCAQEAt5XGwzcuqNhPIDon0056NBU1Hb8tfIGN9QOyOhl3eINfimDKjUdz
        N67PDOOsT1TEYPZ8nuidRElnmyEUs5s+Tlu1vAZfxvNDTKKZ433Eul54o3RJBFMI
        tY5dVUcfXOqCwxiFy2fW/RjdvaHe7BojXqEixGYYalp79TVOyxM/5o//d3tGGVCi
        4yms4WeuHtPRLdWV+Eh9Q67Y6e7CLonfM5VxLm0fPiLgaHff53U4URLPT47NVm7X
        KQv/irpA3n3/6ibTRY9IZqcPdbsJlI9X/gMcVOodEzWgWZb4UOJxMNHt0XubfWc+
        DjnMNKBlRspq4lbPpDZ9C5cxjdte4ER4eQIDAQAB
        -----END RSA PUBLIC KEY-----
        """;

    public const string Rsa1024 = """
        -----BEGIN PUBLIC KEY-----
        MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDY54/TLREXUmBWAi5lzIWRTP/D
        WXGdpZltpJt4typUqWHQWTnUTlFArvFauvlps1tmpxc/tZY3SgoDHNOY51tQnIJF
        xUQhEr2YE1zWyc2JF5CN8nmEA8MuOiSGyYUb7RtZQIZtcoM0RnSDXh8zngvALxSP
        v2578ngwpLMnXRO4IQIDAQAB
        -----END PUBLIC KEY-----
        """;

    public const string P256 = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAExmLs5I7pppWVfqeSJZyHvhEdIQFC
        LorqY1c5YN5eHy+aFE+HWapQdGMV5rH+HfqJVJ50UMhgZNM8mXjKzw9IMA==
        -----END PUBLIC KEY-----
        """;

    public const string Ed25519 = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEA4UnWtdaKvWdHnJqoEM/VF0bSGvPQGaid1O8vgc0nS4w=
        -----END PUBLIC KEY-----
        """;
}
