using System.Globalization;

namespace Gateway.Core.Configuration;

/// <summary>One thing that is wrong in a document. Never carries a secret or anything that came out of the environment.</summary>
/// <param name="File">Where the document came from.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Path">Path of the setting, e.g. <c>providers.openai.keys[0]</c>; empty for the document as a whole.</param>
/// <param name="Message">What is wrong and what to do.</param>
/// <param name="Nearest">The known name that is closest to an unknown one, or null.</param>
public sealed record ConfigError(string File, int Line, int Column, string Path, string Message, string? Nearest = null)
{
    /// <summary>One line as compilers write them, so that editors can jump to it.</summary>
    public override string ToString()
    {
        var path = Path.Length == 0 ? "" : $"{Path}: ";
        var hint = Nearest is null ? "" : $"; did you mean \"{Nearest}\"?";
        return string.Create(CultureInfo.InvariantCulture, $"{File}:{Line}:{Column} {path}{Message}{hint}");
    }
}

/// <summary>A configuration, or everything that keeps the document from being one.</summary>
/// <param name="Config">Null when there are errors.</param>
/// <param name="Errors">In the order of the document; empty when it is good.</param>
public sealed record ConfigLoadResult(GatewayConfig? Config, IReadOnlyList<ConfigError> Errors)
{
    /// <summary>All errors, one a line.</summary>
    public string Describe() => string.Join('\n', Errors);
}

/// <summary>The service cannot start with this configuration. The message is for the operator, whole and readable.</summary>
public sealed class GatewayConfigurationException(string message) : Exception(message);
