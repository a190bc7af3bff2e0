using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using Gateway.Core.Errors;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Gateway.Core.Requests;

/// <summary>
/// Reads <see cref="RequestFacts"/> from a <c>multipart/form-data</c> body. Edge and Router both use it, so that one form has one meaning.
/// Strict where two readers could disagree: where parts begin and end (<see cref="FormBoundary"/>), what their names are, and that
/// each part that steers comes once. What else is in the parts is passed over. Thread-safe, no state.
/// </summary>
public static class FormFactsReader
{
    /// <summary>More parts than any form of these endpoints has; sixteen pictures are the most that one takes.</summary>
    public const int MaxParts = 128;

    /// <summary>Longest value of a part that steers, in bytes; <c>user</c> may be as long as in JSON.</summary>
    private const int MaxValueBytes = ModelNames.MaxLength;

    private const string ModelRule = "It starts with a letter or digit, has at most 128 characters, and holds only letters, digits and . _ : / -";

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.[]");

    /// <summary>The parts that steer.</summary>
    private static readonly string[] Known = ["model", "stream", "n", "user"];

    /// <param name="body">The whole body as the client sent it.</param>
    /// <param name="boundary">Of its content type.</param>
    /// <returns>The facts, or why the body is refused: <see cref="GatewayErrorKind.InvalidRequest"/> with the part at fault.</returns>
    public static async ValueTask<(RequestFacts Facts, GatewayError? Error)> ReadAsync(ReadOnlyMemory<byte> body, FormBoundary boundary)
    {
        var parts = boundary.CountParts(body.Span);
        if (parts is < 0 or > MaxParts)
        {
            return (default, parts < 0
                ? Invalid("The form must begin and end with its boundary, have it alone on a line between its parts, and nowhere else.")
                : Invalid($"The form has more than {MaxParts} parts."));
        }

        if (!MemoryMarshal.TryGetArray(body, out var bytes))
        {
            throw new ArgumentException("The body is not in an array.", nameof(body));
        }

        using var stream = new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false);
        var form = new Form(body);
        try
        {
            var reader = new MultipartReader(boundary.Value, stream);
            while (await reader.ReadNextSectionAsync() is { } section)
            {
                parts--;
                if (form.Add(section) is { } wrong)
                {
                    return (default, wrong);
                }
            }
        }
        catch (Exception broken) when (broken is IOException or InvalidDataException)
        {
            // Not the reader's own message: it quotes the body.
            return (default, Invalid("The headers of a part of the form cannot be read."));
        }

        return parts != 0 ? (default, Invalid("The form has a part without headers.")) : form.Finish();
    }

    private static GatewayError Invalid(string message, string? param = null) => RequestFactsReader.Invalid(message, param);

    /// <summary>What is known of one form so far.</summary>
    private sealed class Form(ReadOnlyMemory<byte> body)
    {
        private int _seen;
        private string _model = "";
        private ByteRange _modelToken;
        private bool _stream;
        private int _candidates = 1;
        private string _user = "";

        public (RequestFacts Facts, GatewayError? Error) Finish() => _model.Length == 0
            ? (default, Invalid("The part 'model' is missing. GET /v1/models lists the names that you may use.", "model"))
            : (new RequestFacts
            {
                Model = _model,
                ModelToken = _modelToken,
                Stream = _stream,
                OutputCap = -1,
                CandidateCount = _candidates,
                User = _user,
                BodyBytes = body.Length,
            }, null);

        public GatewayError? Add(MultipartSection section)
        {
            if (Name(section, out var disposition) is not { } name)
            {
                return Invalid("Each part of the form needs one header 'Content-Disposition: form-data' with one name of letters, digits and _ - . [ ], and no backslash.");
            }

            var index = Array.FindIndex(Known, known => known.Equals(name, StringComparison.OrdinalIgnoreCase));
            if (index < 0)
            {
                return null;
            }

            // Upstreams disagree on which of two equal names wins, and on the case of names.
            if (!string.Equals(Known[index], name, StringComparison.Ordinal) || (_seen & (1 << index)) != 0)
            {
                return Invalid($"The form has a part that is a second '{Known[index]}', or a variant of that name. Send it once, written like this.", Known[index]);
            }

            _seen |= 1 << index;
            if (disposition.FileName.HasValue || disposition.FileNameStar.HasValue || HasOtherHeaders(section))
            {
                return Invalid($"The part '{name}' must be plain text: no file, no encoding.", name);
            }

            return Read(name, ValueOf(section));
        }

        private GatewayError? Read(string name, ByteRange range)
        {
            var value = body.Span.Slice(range.Start, range.Length);
            switch (name)
            {
                case "model" when value.Length <= MaxValueBytes && ModelNames.IsValid(value):
                    _model = ModelNames.Intern(value);
                    _modelToken = range;
                    return null;
                case "model":
                    return Invalid($"'model' is not a model name. {ModelRule}", name);
                case "stream":
                    _stream = value.SequenceEqual("true"u8);
                    return _stream || value.SequenceEqual("false"u8) ? null : Invalid("'stream' must be true or false.", name);
                case "n":
                    return value.Length is >= 1 and <= 3 && !value.ContainsAnyExceptInRange((byte)'0', (byte)'9') && System.Buffers.Text.Utf8Parser.TryParse(value, out _candidates, out var read) && read == value.Length
                        && _candidates is >= 1 and <= (int)RequestFactsReader.MaxCandidates ? null : Invalid($"'n' must be an integer from 1 to {RequestFactsReader.MaxCandidates}.", name);
                default:
                    if (value.Length > RequestFactsReader.MaxUserLength * 3 || !Utf8.IsValid(value) || Encoding.UTF8.GetString(value) is not { Length: <= RequestFactsReader.MaxUserLength } user)
                    {
                        return Invalid($"'user' must have at most {RequestFactsReader.MaxUserLength} characters.", name);
                    }

                    _user = user;
                    return null;
            }
        }

        /// <summary>Where the content of a part stands. The delimiters were checked, so the next boundary's line ends it.</summary>
        private ByteRange ValueOf(MultipartSection section)
        {
            var start = (int)section.BaseStreamOffset!.Value;
            section.Body.CopyTo(Stream.Null);
            return new ByteRange(start, (int)section.Body.Length);
        }

        private static bool HasOtherHeaders(MultipartSection section)
        {
            foreach (var (name, values) in section.Headers!)
            {
                // A length would be wrong once the model has its upstream's name; an encoding would give the value another meaning.
                var isFine = name.Equals(HeaderNames.ContentDisposition, StringComparison.OrdinalIgnoreCase)
                    || (name.Equals(HeaderNames.ContentType, StringComparison.OrdinalIgnoreCase) && values is [{ } type] && IsPlainText(type));
                if (!isFine)
                {
                    return true;
                }
            }

            return false;
        }

        private static bool IsPlainText(string type) => MediaTypeHeaderValue.TryParse(type, out var parsed)
            && parsed.MediaType.Equals("text/plain", StringComparison.OrdinalIgnoreCase)
            && (!parsed.Charset.HasValue || parsed.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase) || parsed.Charset.Equals("us-ascii", StringComparison.OrdinalIgnoreCase));

        private static bool HasControl(Microsoft.Extensions.Primitives.StringValues values)
        {
            foreach (var value in values)
            {
                if (value.AsSpan().ContainsAnyInRange('\0', '\u001F'))
                {
                    return true;
                }
            }

            return false;
        }

        /// <returns>Null for a name that two readers could read differently.</returns>
        private static string? Name(MultipartSection section, out ContentDispositionHeaderValue disposition)
        {
            disposition = null!;
            if (section.Headers is null || !section.Headers.TryGetValue(HeaderNames.ContentDisposition, out var values) || values is not [{ } written]
                // Half of the world takes a backslash for an escape in a quoted string, the other half for itself.
                || written.Contains('\\', StringComparison.Ordinal) || !ContentDispositionHeaderValue.TryParse(written, out var parsed)
                || !parsed.DispositionType.Equals("form-data", StringComparison.OrdinalIgnoreCase))
            {
                return null;
            }

            foreach (var (header, value) in section.Headers)
            {
                // A folded line, which some readers add to the header before it, or a line feed alone, which some take for a line's end.
                if (header.Length == 0 || header.AsSpan().ContainsAnyExceptInRange('!', '~') || HasControl(value))
                {
                    return null;
                }
            }

            disposition = parsed;
            string? name = null;
            foreach (var parameter in parsed.Parameters)
            {
                if (!parameter.Name.StartsWith("name", StringComparison.OrdinalIgnoreCase))
                {
                    continue;
                }

                if (name is not null || parameter.Name.Length != "name".Length)
                {
                    return null;
                }

                name = HeaderUtilities.RemoveQuotes(parameter.Value).ToString();
            }

            return name is { Length: > 0 and <= 64 } && !name.AsSpan().ContainsAnyExcept(NameCharacters) ? name : null;
        }
    }
}
