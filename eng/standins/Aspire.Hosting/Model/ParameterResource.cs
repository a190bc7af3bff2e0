using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.ApplicationModel;

public class ParameterResource(string name, Func<ParameterDefault?, string> callback, bool secret = false) : Resource(name), IManifestExpressionProvider, IValueProvider
{
    public bool Secret { get; } = secret;

    public ParameterDefault? Default { get; set; }

    public string ValueExpression => $"{{{Name}.value}}";

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => new(callback(Default));

    internal static string Read(IConfiguration configuration, string name) =>
        configuration[$"Parameters:{name}"]
        // A shell cannot export a name with a hyphen in it.
        ?? configuration[$"Parameters:{name.Replace('-', '_')}"]
        ?? throw new MissingParameterValueException(
            $"Parameter resource could not be used because configuration key 'Parameters:{name}' is missing and the Parameter has no default value.");
}

public abstract class ParameterDefault
{
    internal abstract (int MinLength, bool Special) Manifest { get; }
}

public sealed class GenerateParameterDefault : ParameterDefault
{
    public int MinLength { get; set; }

    public bool Special { get; set; } = true;

    internal override (int MinLength, bool Special) Manifest => (MinLength, Special);
}

public class MissingParameterValueException : DistributedApplicationException
{
    public MissingParameterValueException(string message) : base(message)
    {
    }

    public MissingParameterValueException(string message, Exception innerException) : base(message, innerException)
    {
    }

    public MissingParameterValueException()
    {
    }
}
