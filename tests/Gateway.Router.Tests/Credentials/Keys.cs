using Gateway.Core.Configuration;
using Gateway.Router.Credentials;

namespace Gateway.Router.Tests.Credentials;

/// <summary>A provider's keys in a test, with a clock that the test moves.</summary>
internal sealed class Keys
{
    public const string Deployment = "up/model";

    private readonly Func<int> _routers;

    public Keys(params ProviderKeyConfig[] keys)
        : this(UpstreamLimits.None, keys)
    {
    }

    public Keys(UpstreamLimits limits, params ProviderKeyConfig[] keys)
        : this(limits, static () => 1, keys)
    {
    }

    public Keys(UpstreamLimits limits, Func<int> routers, params ProviderKeyConfig[] keys)
    {
        _routers = routers;
        Events.Happened += Told.Add;
        Memory = new CredentialMemory("up", Events, _routers);
        Pool = new CredentialPool("up", Of(keys), limits, Memory);
        Lanes = Pool.NewLanes(Deployment);
    }

    public CredentialEvents Events { get; } = new();

    public List<CredentialEvent> Told { get; } = [];

    public CredentialMemory Memory { get; }

    public CredentialPool Pool { get; private set; }

    public CredentialLane[] Lanes { get; private set; }

    public long Now { get; private set; } = 1;

    public static ProviderKeyConfig Key(string secret, int weight = 1, UpstreamLimits? limits = null) => new() { Secret = secret, Weight = weight, Limits = limits ?? UpstreamLimits.None };

    public static Credential[] Of(params ProviderKeyConfig[] keys) => [.. keys.Select(static (key, index) => new Credential(index, $"up#{index + 1}", "Bearer " + key.Secret, key))];

    public void Wait(double seconds) => Now += (long)(seconds * TimeSpan.TicksPerSecond);

    public long In(double seconds) => Now + (long)(seconds * TimeSpan.TicksPerSecond);

    /// <summary>The document has other keys now.</summary>
    public void Change(params ProviderKeyConfig[] keys)
    {
        Pool = new CredentialPool("up", Of(keys), UpstreamLimits.None, Memory);
        Lanes = Pool.NewLanes(Deployment);
    }

    public CredentialChoice Peek(CallNeeds needs = default, ulong tried = 0) => Pool.Peek(Lanes, in needs, tried, Now);

    /// <summary>Takes what is offered.</summary>
    /// <returns>Null when nothing is.</returns>
    public CredentialLane? Take(CallNeeds needs = default, ulong tried = 0)
    {
        var choice = Peek(needs, tried);
        if (!choice.IsUsable)
        {
            return null;
        }

        Assert.True(Pool.TryTake(in choice, in needs, Now));
        return choice.Lane;
    }

    public void Return(CredentialLane lane, CallNeeds needs = default, long? used = 0) => Pool.Return(lane, in needs, used, Now);

    /// <summary>A whole call.</summary>
    public CredentialLane? Call(CallNeeds needs = default)
    {
        if (Take(needs) is not { } lane)
        {
            return null;
        }

        Return(lane, needs, needs.Tokens);
        return lane;
    }

    public static HttpResponseMessage Answer(params (string Name, string Value)[] headers)
    {
        var answer = new HttpResponseMessage();
        foreach (var (name, value) in headers)
        {
            answer.Headers.TryAddWithoutValidation(name, value);
        }

        return answer;
    }

    public void Learn(CredentialLane lane, params (string Name, string Value)[] headers)
    {
        using var answer = Answer(headers);
        lane.Learn(answer, Now, DateTimeOffset.UnixEpoch);
    }
}
