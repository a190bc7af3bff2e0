using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Configuration;
using Gateway.Core.Wire;

namespace Gateway.Core.Context;

/// <summary>
/// The signed context of an internal call: <c>1.KID.CLAIMS.MAC</c>, the last two in base64url, the MAC a HMAC-SHA256 over
/// everything before it. Thread-safe; no state but the keys.
/// </summary>
public sealed class ContextToken(ContextKeys keys, TimeProvider time)
{
    private const byte Version = (byte)'1';
    private const int MaxClaimsBytes = 8 * 1024;
    private const int MacBytes = 32;
    private const int MacTextBytes = 43;

    /// <summary>How long a token is good for: long enough for a queue, short enough that a leaked one is worthless.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    /// <summary>Expiry for a token made now, in Unix milliseconds.</summary>
    public long ExpiryFromNow() => (time.GetUtcNow() + Lifetime).ToUnixTimeMilliseconds();

    /// <exception cref="ArgumentException">The claims do not fit 8 KiB.</exception>
    public string Sign(ContextClaims claims)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(MaxClaimsBytes * 3);
        var claimBytes = buffer.AsSpan(buffer.Length - MaxClaimsBytes);
        var claimCount = MaxClaimsBytes;
        var length = 0;
        var key = keys.Signing;
        try
        {
            claimCount = Write(claims, claimBytes);
            buffer[length++] = Version;
            buffer[length++] = (byte)'.';
            length += Encoding.ASCII.GetBytes(key.Id, buffer.AsSpan(length));
            buffer[length++] = (byte)'.';
            length += Base64Url.EncodeToUtf8(claimBytes[..claimCount], buffer.AsSpan(length));

            Span<byte> mac = stackalloc byte[MacBytes];
            HMACSHA256.HashData(key.Bytes, buffer.AsSpan(0, length), mac);
            buffer[length++] = (byte)'.';
            length += Base64Url.EncodeToUtf8(mac, buffer.AsSpan(length));
            return Encoding.ASCII.GetString(buffer, 0, length);
        }
        finally
        {
            // Names of users and a valid token do not stay in the pool.
            buffer.AsSpan(0, length).Clear();
            claimBytes[..claimCount].Clear();
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Checks signature, expiry, audience and path.</summary>
    /// <returns>The claims, or null for anything that is not exactly right; the caller answers 401 and never says why.</returns>
    public ContextClaims? Verify(string? token, ContextAudience audience, string path)
    {
        if (token is null || token.Length > MaxClaimsBytes * 2)
        {
            return null;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(token.Length * 2);
        try
        {
            if (!Encoding.ASCII.TryGetBytes(token, buffer, out var length) || !TrySplit(buffer.AsSpan(0, length), out var id, out var claims, out var signed, out var mac))
            {
                return null;
            }

            var key = keys.Find(id);
            if (key.IsEmpty)
            {
                return null;
            }

            // Compared as text: decoders forgive white space, padding and spare bits, and then one token has many forms.
            Span<byte> expected = stackalloc byte[MacBytes];
            Span<byte> expectedText = stackalloc byte[MacTextBytes];
            HMACSHA256.HashData(key, signed, expected);
            Base64Url.EncodeToUtf8(expected, expectedText);
            if (!CryptographicOperations.FixedTimeEquals(expectedText, mac))
            {
                return null;
            }

            var claimBytes = buffer.AsSpan(length);
            if (Base64Url.DecodeFromUtf8(claims, claimBytes, out _, out var claimLength) != OperationStatus.Done)
            {
                return null;
            }

            var read = Read(claimBytes[..claimLength]);
            return read.Audience == audience && read.ExpiresUnixMs >= time.GetUtcNow().ToUnixTimeMilliseconds()
                && string.Equals(read.Path, path, StringComparison.Ordinal) ? read : null;
        }
        catch (InvalidDataException)
        {
            // Signed by a live key but of another shape: a service of another version. Refused like anything else.
            return null;
        }
        finally
        {
            buffer.AsSpan(0, token.Length * 2).Clear();
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static bool TrySplit(ReadOnlySpan<byte> token, out ReadOnlySpan<byte> id, out ReadOnlySpan<byte> claims, out ReadOnlySpan<byte> signed, out ReadOnlySpan<byte> mac)
    {
        id = claims = signed = mac = default;
        if (token.Length < 2 || token[0] != Version || token[1] != (byte)'.')
        {
            return false;
        }

        var end = token.LastIndexOf((byte)'.');
        var middle = token[2..].IndexOf((byte)'.') + 2;
        if (middle < 2 || end <= middle)
        {
            return false;
        }

        id = token[2..middle];
        claims = token[(middle + 1)..end];
        signed = token[..end];
        mac = token[(end + 1)..];
        return true;
    }

    private static int Write(ContextClaims claims, Span<byte> destination)
    {
        var writer = new WireWriter(destination);
        writer.WriteByte((byte)claims.Audience);
        writer.WriteByte((byte)claims.Role);
        writer.WriteGuid(claims.RequestId);
        writer.WriteString(claims.Path);
        writer.WriteVarint(claims.ExpiresUnixMs);
        writer.WriteVarint(claims.DeadlineUnixMs);
        writer.WriteString(claims.KeyId);
        writer.WriteString(claims.Team);
        writer.WriteString(claims.User);
        writer.WriteString(claims.RequestedModel);
        writer.WriteByte(claims.Stream ? (byte)1 : (byte)0);
        writer.WriteVarint(claims.OutputCap);
        writer.WriteVarint(claims.CandidateCount);
        writer.WriteStrings(claims.AllowedModels);
        writer.WriteStrings(claims.AllowedProviders);
        writer.WriteString(claims.RouteModel);
        writer.WriteStrings(claims.Processors);
        writer.WriteByte((byte)claims.Priority);
        writer.WriteVarint(claims.Weight);
        writer.WriteStrings(claims.RequiredTags);
        writer.WriteStrings(claims.Tags);
        writer.WriteByte(claims.MaySteer ? (byte)1 : (byte)0);
        writer.WriteVarint(claims.Steering);
        writer.WriteString(claims.Owner);
        AdmissionTicketCodec.Write(ref writer, claims.Ticket);
        writer.WriteString(claims.ModerationPolicy);
        writer.WriteVarint(claims.ConfigGeneration);
        if (claims.Capture != CaptureLevel.None)
        {
            writer.WriteByte((byte)claims.Capture);
        }

        return writer.Written;
    }

    private static ContextClaims Read(ReadOnlySpan<byte> source)
    {
        var reader = new WireReader(source);
        return new ContextClaims
        {
            Audience = (ContextAudience)reader.ReadByte(),
            Role = (ContextRole)reader.ReadByte(),
            RequestId = reader.ReadGuid(),
            Path = reader.ReadString(),
            ExpiresUnixMs = reader.ReadVarint(),
            DeadlineUnixMs = reader.ReadVarint(),
            KeyId = reader.ReadString(),
            Team = reader.ReadString(),
            User = reader.ReadString(),
            RequestedModel = reader.ReadString(),
            Stream = reader.ReadByte() != 0,
            OutputCap = reader.ReadVarint(),
            CandidateCount = reader.ReadInt32(),
            AllowedModels = reader.ReadStrings(),
            AllowedProviders = reader.ReadStrings(),
            RouteModel = reader.ReadString(),
            Processors = reader.ReadStrings(),
            Priority = (RequestPriority)reader.ReadByte(),
            Weight = reader.ReadInt32(),
            RequiredTags = reader.ReadStrings(),
            Tags = reader.ReadStrings(),
            MaySteer = reader.ReadByte() != 0,
            Steering = reader.ReadVarint(),
            Owner = reader.ReadString(),
            Ticket = AdmissionTicketCodec.Read(ref reader),
            ModerationPolicy = reader.ReadString(),
            ConfigGeneration = reader.ReadVarint(),

            // A level that this build does not know keeps nothing: what is kept must not fail a request, nor be more than was meant.
            Capture = !reader.IsAtEnd && reader.ReadByte() is var level && level <= (byte)CaptureLevel.Full ? (CaptureLevel)level : CaptureLevel.None,
        };
    }
}
