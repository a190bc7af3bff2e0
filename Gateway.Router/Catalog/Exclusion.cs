namespace Gateway.Router.Catalog;

/// <summary>Why a deployment may not serve a request, in the order in which it is looked at: the later, the nearer it was to serving.</summary>
internal enum ExclusionReason : byte
{
    /// <summary>It may serve.</summary>
    None,

    /// <summary>The caller may not use the model: by its access level, or by the key's patterns.</summary>
    Access,

    /// <summary>The key may not use the provider.</summary>
    Provider,

    /// <summary>The provider has nothing like what is asked for.</summary>
    Kind,

    /// <summary>It lacks a label that the key requires.</summary>
    Tag,

    /// <summary>The request names the only providers that may serve, and this is none of them.</summary>
    NotOnly,

    /// <summary>The request rules the provider out.</summary>
    Ignored,

    /// <summary>It is dearer than the request allows, or nobody knows its price.</summary>
    Price,

    /// <summary>The model cannot do something that the request needs.</summary>
    Capability,

    /// <summary>Input and output together are more than the model holds.</summary>
    ContextWindow,

    /// <summary>It has no price, and a hard budget pays for the request.</summary>
    Budget,
}

/// <summary>Why a deployment may not serve, for people.</summary>
/// <param name="Reason">None when it may.</param>
/// <param name="Detail">Which label, which capability, how many tokens; empty where the reason says all.</param>
internal readonly record struct Exclusion(ExclusionReason Reason, string Detail)
{
    /// <summary>The reason as reports write it.</summary>
    public string Word => Reason switch
    {
        ExclusionReason.None => "",
        ExclusionReason.Access => "access",
        ExclusionReason.Provider => "provider_not_allowed",
        ExclusionReason.Kind => "endpoint_not_served",
        ExclusionReason.Tag => "missing_tag",
        ExclusionReason.NotOnly => "not_in_only",
        ExclusionReason.Ignored => "ignored",
        ExclusionReason.Price => "max_price",
        ExclusionReason.Capability => "missing_capability",
        ExclusionReason.ContextWindow => "context_window",
        ExclusionReason.Budget => "budget",
    };
}
