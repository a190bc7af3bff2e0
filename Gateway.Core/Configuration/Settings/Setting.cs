namespace Gateway.Core.Configuration.Settings;

/// <summary>What the value of a setting is, and the .NET type that carries it.</summary>
internal enum SettingKind
{
    /// <summary>Members with fixed names.</summary>
    Object,

    /// <summary>Entries under names that the operator chooses.</summary>
    Map,
    List,

    /// <summary><see cref="string"/>.</summary>
    Text,

    /// <summary><see cref="string"/> that is never shown.</summary>
    Secret,

    /// <summary><see cref="string"/> of the form of <see cref="SettingNames"/>.</summary>
    Name,

    /// <summary><see cref="string"/>, the name of something else in the document.</summary>
    Reference,

    /// <summary><see cref="string"/> in which <c>*</c> stands for any run of characters.</summary>
    NamePattern,

    /// <summary><see cref="string"/>, a regular expression that runs in linear time.</summary>
    Regex,

    /// <summary><see cref="string"/>, one of a closed list.</summary>
    Choice,

    /// <summary><see cref="bool"/>.</summary>
    Boolean,

    /// <summary><see cref="long"/>.</summary>
    Integer,

    /// <summary><see cref="long"/>, bytes.</summary>
    Size,

    /// <summary><see cref="TimeSpan"/>.</summary>
    Duration,

    /// <summary><see cref="long"/>, nano-USD per 1,000,000 tokens.</summary>
    Price,

    /// <summary><see cref="DateTimeOffset"/>.</summary>
    Date,

    /// <summary><see cref="Uri"/>.</summary>
    Url,

    /// <summary><see cref="double"/>.</summary>
    Number,

    /// <summary><see cref="string"/>, the name or the value of a label.</summary>
    Tag,

    /// <summary><see cref="string"/>, a path below a base URL; <c>{model}</c> stands for the upstream's model name.</summary>
    UpstreamPath,

    /// <summary><see cref="string"/>, a path of the gateway itself.</summary>
    RoutePath,

    /// <summary><see cref="Uri"/> of a proxy.</summary>
    ProxyUrl,

    /// <summary><see cref="string"/>, the name of a host.</summary>
    HostName,

    /// <summary><see cref="long"/>, nano-USD.</summary>
    Usd,

    /// <summary><see cref="TimeZoneInfo"/>.</summary>
    TimeZone,

    /// <summary><see cref="Uri"/> that is called as it is, a query included. Never shown: it may hold a secret.</summary>
    Address,

    /// <summary><see cref="string"/>, 64 hexadecimal digits in small letters. Never shown: a secret may stand in its place.</summary>
    Hash,

    /// <summary><see cref="string"/>, an address or a range of addresses in CIDR notation.</summary>
    Network,

    /// <summary><see cref="string"/>, a public key in PEM or a shared secret. Never shown.</summary>
    TokenKey,
}

/// <summary>What names the entries of a map may have.</summary>
internal enum SettingNames
{
    Any,

    /// <summary><c>^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$</c>.</summary>
    Name,

    /// <summary>A name without a slash: what stands before the first slash of <c>provider/model</c>.</summary>
    Provider,

    /// <summary>A name with a trailing <c>*</c>.</summary>
    Prefix,

    /// <summary>An HTTP field name.</summary>
    Header,

    /// <summary>The name of a label.</summary>
    Tag,

    /// <summary>A name in which <c>*</c> stands for any run of characters.</summary>
    Pattern,
}

/// <summary>
/// One setting of the document. The table of them drives both the check of a document and the reference page, so that
/// neither can know something that the other does not.
/// </summary>
internal sealed record Setting(string Name, SettingKind Kind, string Description)
{
    /// <summary>What holds when the document does not say, in the words of the document; null for nothing.</summary>
    public string? Default { get; init; }

    public bool Required { get; init; }

    /// <summary>False: known from the design, refused by name until it is built.</summary>
    public bool Available { get; init; } = true;

    /// <summary>Smallest and largest value: bytes for sizes, milliseconds for durations, characters for texts, items for lists, thousandths for numbers, nano-USD for money.</summary>
    public long Min { get; init; }

    public long Max { get; init; } = long.MaxValue;

    /// <summary>The range as people write it.</summary>
    public string? Range { get; init; }

    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>Choices that are known and not available yet.</summary>
    public IReadOnlyList<string> LaterChoices { get; init; } = [];

    /// <summary>Members of an object.</summary>
    public IReadOnlyList<Setting> Members { get; init; } = [];

    /// <summary>What a map or a list holds.</summary>
    public Setting? Item { get; init; }

    public SettingNames Names { get; init; }

    /// <summary>What else a scalar may be: an object that says more, e.g. <c>{secret, weight, limits}</c>; null for nothing else.</summary>
    public Setting? ObjectForm { get; init; }

    /// <summary>Whether a secret may hold spaces, as header values do.</summary>
    public bool HasSpaces { get; init; }

    /// <summary>Whether a list of one may be written without the list.</summary>
    public bool TakesOne { get; init; }

    /// <summary>Name of a section that many owners have alike, so that the reference page describes it once; null for none.</summary>
    public string? Shared { get; init; }

    /// <summary>Whether the value is never shown.</summary>
    public bool IsHidden => Kind is SettingKind.Secret or SettingKind.Address or SettingKind.Hash or SettingKind.TokenKey or SettingKind.ProxyUrl;

    public bool IsContainer => Kind is SettingKind.Object or SettingKind.Map or SettingKind.List;
}
