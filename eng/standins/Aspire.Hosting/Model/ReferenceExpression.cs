using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Aspire.Hosting.ApplicationModel;

public interface IValueProvider
{
    ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default);
}

public interface IManifestExpressionProvider
{
    string ValueExpression { get; }
}

public interface IValueWithReferences
{
    IEnumerable<object> References { get; }
}

/// <summary>A text with holes that are filled when the resource starts, or named when a manifest is written.</summary>
public class ReferenceExpression : IManifestExpressionProvider, IValueProvider, IValueWithReferences
{
    private ReferenceExpression(string format, IReadOnlyList<object> holes, IReadOnlyList<string?> stringFormats)
    {
        Format = format;
        Holes = holes;
        StringFormats = stringFormats;
    }

    public string Format { get; }

    public IReadOnlyList<string?> StringFormats { get; }

    public IReadOnlyList<IValueProvider> ValueProviders => [.. Holes.Cast<IValueProvider>()];

    public IReadOnlyList<string> ManifestExpressions => [.. Holes.Select((hole, i) => ManifestExpression((IManifestExpressionProvider)hole, StringFormats[i]))];

    public string ValueExpression => string.Format(CultureInfo.InvariantCulture, Format, [.. ManifestExpressions]);

    IEnumerable<object> IValueWithReferences.References => Holes;

    internal IReadOnlyList<object> Holes { get; }

    public static ReferenceExpression Create(in ExpressionInterpolatedStringHandler handler) => handler.Build();

    public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default)
    {
        var values = new object?[Holes.Count];
        for (var i = 0; i < values.Length; i++)
        {
            var value = await ((IValueProvider)Holes[i]).GetValueAsync(cancellationToken).ConfigureAwait(false);
            values[i] = StringFormats[i] == "uri" ? Uri.EscapeDataString(value ?? "") : value;
        }
        return string.Format(CultureInfo.InvariantCulture, Format, values);
    }

    // A manifest has no formats; an encoded value is a resource of its own ("annotated.string") beside the parameter.
    private static string ManifestExpression(IManifestExpressionProvider hole, string? format) => format switch
    {
        null => hole.ValueExpression,
        "uri" when hole is ParameterResource parameter => $"{{{parameter.Name}-uri-encoded.value}}",
        _ => throw new NotSupportedException($"The stand-in for Aspire.Hosting knows the format 'uri' of a parameter only, not '{format}'."),
    };

    [InterpolatedStringHandler]
    public readonly ref struct ExpressionInterpolatedStringHandler
    {
        private readonly StringBuilder _format;
        private readonly List<object> _holes;
        private readonly List<string?> _formats;

        public ExpressionInterpolatedStringHandler(int literalLength, int formattedCount)
        {
            _format = new StringBuilder(literalLength);
            _holes = new List<object>(formattedCount);
            _formats = new List<string?>(formattedCount);
        }

        public void AppendLiteral(string value) => _format.Append(value.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal));

        public void AppendFormatted(string? value) => AppendLiteral(value ?? "");

        public void AppendFormatted<T>(T valueProvider) where T : IValueProvider, IManifestExpressionProvider => Append(valueProvider, null);

        public void AppendFormatted<T>(T valueProvider, string? format = null) where T : IValueProvider, IManifestExpressionProvider => Append(valueProvider, format);

        public void AppendFormatted<T>(IResourceBuilder<T> valueProvider) where T : IResource, IValueProvider, IManifestExpressionProvider => Append(valueProvider.Resource, null);

        internal ReferenceExpression Build() => new(_format.ToString(), _holes, _formats);

        private void Append(object hole, string? format)
        {
            _format.Append('{').Append(_holes.Count).Append('}');
            _holes.Add(hole);
            _formats.Add(format);
        }
    }
}
