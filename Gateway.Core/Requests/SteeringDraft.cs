namespace Gateway.Core.Requests;

/// <summary>What a body says of the routing while it is read. Made only for bodies that say something.</summary>
internal sealed class SteeringDraft
{
    /// <summary>The members, name to value, in the order of the body.</summary>
    public List<ByteRange> Own { get; } = [];

    public List<string> Models { get; } = [];

    public List<string> Order { get; } = [];

    public List<string> Only { get; } = [];

    public List<string> Ignore { get; } = [];

    public PreferenceSort Sort { get; set; }

    public bool AllowFallbacks { get; set; } = true;

    public long? MaxInputPrice { get; set; }

    public long? MaxOutputPrice { get; set; }

    /// <summary>The first field that says something; null while none does.</summary>
    public string? Field { get; set; }

    /// <param name="model">The model of the request: it is tried first, so it is not tried again.</param>
    public RoutePreferences? ToPreferences(string model)
    {
        if (Field is null)
        {
            return null;
        }

        var models = new List<string>(Models.Count);
        foreach (var name in Models)
        {
            if (!string.Equals(name, model, StringComparison.Ordinal) && !models.Contains(name))
            {
                models.Add(name);
            }
        }

        return new RoutePreferences
        {
            Field = Field,
            Models = models,
            Order = Order,
            Only = Only,
            Ignore = Ignore,
            Sort = Sort,
            AllowFallbacks = AllowFallbacks,
            MaxInputPrice = MaxInputPrice,
            MaxOutputPrice = MaxOutputPrice,
        };
    }
}
