using System.Globalization;
using System.Text;
using Gateway.Core.Money;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Tests.Translating;

/// <summary>The neutral events of an answer, as lines. Neighbouring pieces of one kind are joined, so that the log does not depend on how bytes were cut.</summary>
internal sealed class EventLog : IAnswerSink
{
    private readonly List<(string Kind, StringBuilder Text)> _events = [];

    public TokenUsage? LastUsage { get; private set; }

    public FinishReason? Reason { get; private set; }

    public string Text => Joined("text");

    public string ReasoningText => Joined("reasoning");

    public IReadOnlyList<string> Lines => [.. _events.Select(static entry => $"{entry.Kind} {entry.Text}".TrimEnd())];

    public void Start(ReadOnlySpan<byte> id, ReadOnlySpan<byte> model) => Add("start", $"{Encoding.UTF8.GetString(id)} {Encoding.UTF8.GetString(model)}");

    void IAnswerSink.Text(ReadOnlySpan<byte> text) => Append("text", text);

    public void Reasoning(ReadOnlySpan<byte> text) => Append("reasoning", text);

    public void ReasoningSignature(ReadOnlySpan<byte> signature) => Append("signature", signature);

    public void RedactedReasoning(ReadOnlySpan<byte> data) => Add("redacted", Encoding.UTF8.GetString(data));

    public void Refusal(ReadOnlySpan<byte> text) => Append("refusal", text);

    public void ToolStart(int index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name) => Add(Kind("tool", index), $"{Encoding.UTF8.GetString(id)} {Encoding.UTF8.GetString(name)}");

    public void ToolArguments(int index, ReadOnlySpan<byte> json) => Append(Kind("arguments", index), json);

    public void ToolSignature(int index, ReadOnlySpan<byte> signature) => Add(Kind("tool-signature", index), Encoding.UTF8.GetString(signature));

    public void ToolEnd(int index) => Add(Kind("tool-end", index), "");

    public void Usage(in TokenUsage usage) => LastUsage = usage;

    public void Finish(FinishReason reason, ReadOnlySpan<byte> stopSequence)
    {
        Reason = reason;
        Add("finish", $"{reason} {Encoding.UTF8.GetString(stopSequence)}");
    }

    private static string Kind(string name, int index) => string.Create(CultureInfo.InvariantCulture, $"{name}[{index}]");

    private string Joined(string kind) => string.Concat(_events.Where(entry => entry.Kind == kind).Select(static entry => entry.Text.ToString()));

    private void Add(string kind, string text) => _events.Add((kind, new StringBuilder(text)));

    private void Append(string kind, ReadOnlySpan<byte> text)
    {
        if (_events is not [.., var last] || last.Kind != kind)
        {
            _events.Add(last = (kind, new StringBuilder()));
        }

        last.Text.Append(Encoding.UTF8.GetString(text));
    }
}
