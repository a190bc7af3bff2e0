namespace Gateway.Core.Requests;

/// <summary>What a request needs of a model, and what a model can.</summary>
[Flags]
public enum ModelCapabilities
{
    None = 0,

    /// <summary>Function calls.</summary>
    Tools = 1,

    /// <summary>Pictures in the input.</summary>
    Vision = 2,

    /// <summary>Answers that keep to a schema.</summary>
    JsonSchema = 4,

    /// <summary>Reasoning on demand.</summary>
    Reasoning = 8,
}
