using Gateway.Core.Money;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>
/// The counts of one message. A later <c>usage</c> replaces field by field, it never adds. Anthropic's input excludes what was read from and
/// written to the cache, the neutral one includes it.
/// </summary>
internal struct AnthropicUsage
{
    private long? _input;
    private long? _cacheRead;
    private long? _cacheWrite;
    private long? _cacheWrite1h;
    private long? _output;
    private long? _reasoning;

    /// <summary>Tier of service that it names.</summary>
    public ServiceTier Tier { get; private set; }

    /// <param name="usage">A <c>usage</c> object as it is written; anything else changes nothing.</param>
    /// <returns>Whether it held a count.</returns>
    public bool Merge(ReadOnlySpan<byte> usage)
    {
        var any = false;
        long? write = null;
        long? minutes = null;
        long? hour = null;
        var members = new JsonMembers(usage);
        while (members.Next())
        {
            if (members.Is("cache_creation"u8))
            {
                ReadParts(members.Value(), ref minutes, ref hour);
                continue;
            }

            if (members.Is("service_tier"u8))
            {
                Tier = members.Value() is [(byte)'"', .. var word, (byte)'"'] ? ServiceTiers.Read(word) : Tier;
                continue;
            }

            any |= members.Is("input_tokens"u8) ? Set(ref _input, members.Value())
                : members.Is("output_tokens"u8) ? Set(ref _output, members.Value())
                : members.Is("cache_read_input_tokens"u8) ? Set(ref _cacheRead, members.Value())
                : members.Is("cache_creation_input_tokens"u8) ? Set(ref write, members.Value())
                : members.Is("output_tokens_details"u8) && SetReasoning(members.Value());
        }

        // The parts alone: some servers leave the total out.
        long? parts = minutes is null && hour is null ? null : (minutes ?? 0) + (hour ?? 0);
        _cacheWrite = write ?? parts ?? _cacheWrite;
        _cacheWrite1h = hour ?? _cacheWrite1h;
        return any || parts is not null;
    }

    public readonly TokenUsage ToNeutral()
    {
        var (read, write) = (_cacheRead ?? 0, _cacheWrite ?? 0);
        return new TokenUsage((_input ?? 0) + read + write, read, write, _output ?? 0, Math.Min(_reasoning ?? 0, _output ?? 0)) { CacheWrite1h = Math.Min(_cacheWrite1h ?? 0, write) };
    }

    private static bool Set(ref long? field, ReadOnlySpan<byte> value)
    {
        if (JsonStrings.CountOf(value) is not { } count)
        {
            return false;
        }

        field = count;
        return true;
    }

    private bool SetReasoning(ReadOnlySpan<byte> details)
    {
        var members = new JsonMembers(details);
        while (members.Next())
        {
            if (members.Is("thinking_tokens"u8) || members.Is("reasoning_tokens"u8))
            {
                return Set(ref _reasoning, members.Value());
            }
        }

        return false;
    }

    private static void ReadParts(ReadOnlySpan<byte> parts, ref long? minutes, ref long? hour)
    {
        var members = new JsonMembers(parts);
        while (members.Next())
        {
            _ = members.Is("ephemeral_5m_input_tokens"u8) ? Set(ref minutes, members.Value()) : members.Is("ephemeral_1h_input_tokens"u8) && Set(ref hour, members.Value());
        }
    }
}
