namespace Gateway.Simulator.Protocols.OpenAI.Media;

/// <summary>The fields that the endpoints of images, audio and reranking have.</summary>
internal static class MediaFields
{
    public static readonly FieldTable ImageGeneration = new(ImageOptions(new Dictionary<string, Field>
    {
        ["prompt"] = new(FieldType.Text, Required: true),
        ["moderation"] = new(FieldType.Text),
        ["style"] = new(FieldType.Text),
    }));

    public static readonly FieldTable ImageEdit = new(ImageOptions(new Dictionary<string, Field>
    {
        ["prompt"] = new(FieldType.Text, Required: true),
        ["image"] = new(FieldType.Map, Required: true),
        ["mask"] = new(FieldType.Map),
        ["input_fidelity"] = new(FieldType.Text),
    }));

    public static readonly FieldTable ImageVariation = new(ImageOptions(new Dictionary<string, Field> { ["image"] = new(FieldType.Map, Required: true) }));

    public static readonly FieldTable Speech = new(new Dictionary<string, Field>
    {
        ["model"] = new(FieldType.Text, Required: true),
        ["input"] = new(FieldType.Text, Required: true),
        ["voice"] = new(FieldType.TextOrMap, Required: true),
        ["instructions"] = new(FieldType.Text),
        ["response_format"] = new(FieldType.Text),
        ["speed"] = new(FieldType.Number, Min: 0.25, Max: 4),
        ["stream_format"] = new(FieldType.Text, OneOf: ["sse", "audio"]),
    });

    public static readonly FieldTable Transcription = new(new Dictionary<string, Field>
    {
        ["model"] = new(FieldType.Text, Required: true),
        ["file"] = new(FieldType.Map, Required: true),
        ["include"] = new(FieldType.List),
        ["language"] = new(FieldType.Text),
        ["prompt"] = new(FieldType.Text),
        ["response_format"] = new(FieldType.Text, OneOf: ["json", "text", "verbose_json"]),
        ["stream"] = new(FieldType.Flag, Refused: true),
        ["temperature"] = new(FieldType.Number, Min: 0, Max: 1),
        ["timestamp_granularities"] = new(FieldType.List),
    });

    /// <summary>As Jina has it.</summary>
    public static readonly FieldTable Rerank = new(new Dictionary<string, Field>
    {
        ["model"] = new(FieldType.Text, Required: true),
        ["query"] = new(FieldType.Text, Required: true),
        ["documents"] = new(FieldType.List, Required: true),
        ["top_n"] = new(FieldType.Integer, Min: 1),
        ["return_documents"] = new(FieldType.Flag),
    });

    private static Dictionary<string, Field> ImageOptions(Dictionary<string, Field> own) => new(own)
    {
        ["model"] = new(FieldType.Text, Required: true),
        ["background"] = new(FieldType.Text),
        ["n"] = new(FieldType.Integer, Min: 1, Max: 10),
        ["output_compression"] = new(FieldType.Integer, Min: 0, Max: 100),
        ["output_format"] = new(FieldType.Text),
        ["partial_images"] = new(FieldType.Integer, Refused: true),
        ["quality"] = new(FieldType.Text),
        ["response_format"] = new(FieldType.Text),
        ["size"] = new(FieldType.Text),
        ["stream"] = new(FieldType.Flag, Refused: true),
        ["user"] = new(FieldType.Text),
    };
}
