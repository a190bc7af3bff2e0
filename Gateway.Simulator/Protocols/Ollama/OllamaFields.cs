namespace Gateway.Simulator.Protocols.Ollama;

/// <summary>The members that the server reads; Go's decoder passes over all others.</summary>
internal static class OllamaFields
{
    private static readonly Field Model = new(FieldType.Text, Required: true);
    private static readonly Field Text = new(FieldType.Text);
    private static readonly Field Flag = new(FieldType.Flag);
    private static readonly Field List = new(FieldType.List);
    private static readonly Field Map = new(FieldType.Map);
    private static readonly Field Any = new(FieldType.Any);
    private static readonly Field Think = new(FieldType.TextOrFlag, OneOf: ["high", "medium", "low", "max"]);

    public static readonly FieldTable Chat = new(new Dictionary<string, Field>
    {
        ["model"] = Model,
        ["messages"] = List,
        ["stream"] = Flag,
        ["format"] = Any,
        ["keep_alive"] = Any,
        ["tools"] = List,
        ["options"] = Map,
        ["think"] = Think,
        ["truncate"] = Flag,
        ["shift"] = Flag,
        ["logprobs"] = Flag,
        ["top_logprobs"] = new(FieldType.Integer),
    }, ignoresUnknown: true);

    public static readonly FieldTable Generate = new(new Dictionary<string, Field>
    {
        ["model"] = Model,
        ["prompt"] = Text,
        ["suffix"] = Text,
        ["system"] = Text,
        ["template"] = Text,
        ["context"] = List,
        ["stream"] = Flag,
        ["raw"] = Flag,
        ["format"] = Any,
        ["keep_alive"] = Any,
        ["images"] = List,
        ["options"] = Map,
        ["think"] = Think,
        ["truncate"] = Flag,
        ["shift"] = Flag,
        ["logprobs"] = Flag,
        ["top_logprobs"] = new(FieldType.Integer),
    }, ignoresUnknown: true);

    public static readonly FieldTable Embed = new(new Dictionary<string, Field>
    {
        ["model"] = Model,
        ["input"] = Any,
        ["keep_alive"] = Any,
        ["truncate"] = Flag,
        ["dimensions"] = new(FieldType.Integer),
        ["options"] = Map,
    }, ignoresUnknown: true);

    public static readonly FieldTable OldEmbed = new(new Dictionary<string, Field>
    {
        ["model"] = Model,
        ["prompt"] = Text,
        ["keep_alive"] = Any,
        ["options"] = Map,
    }, ignoresUnknown: true);
}
