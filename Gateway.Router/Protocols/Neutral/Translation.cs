namespace Gateway.Router.Protocols.Neutral;

/// <summary>One client request on its way to one upstream of another protocol. Made anew for each attempt.</summary>
/// <param name="request">What the client asked for. Its tools and turns are not changed by writers.</param>
/// <param name="client">Names the client's fields in messages.</param>
/// <param name="upstreamModel">The model name that the upstream knows.</param>
/// <param name="traits">What is special about the upstream and the route.</param>
/// <param name="notes">Takes what is lost.</param>
internal sealed class Translation(NeutralRequest request, IClientProtocol client, string upstreamModel, UpstreamTraits traits, TranslationNotes notes)
{
    public NeutralRequest Request { get; } = request;

    public IClientProtocol Client { get; } = client;

    public string UpstreamModel { get; } = upstreamModel;

    public UpstreamTraits Traits { get; } = traits;

    public TranslationNotes Notes { get; } = notes;

    /// <summary>Tool names that the upstream would refuse, and how they come back.</summary>
    public ToolNames ToolNames { get; } = new();

    /// <summary>
    /// Set by a writer that emulates structured output with a forced tool of this name: the decoder gives the arguments of its call out as text.
    /// </summary>
    public string? OutputTool { get; set; }

    /// <summary>The client's name of a field that has one; the neutral name where it has none.</summary>
    public string NameOf(NeutralField field) => Client.NameOf(field) ?? field.ToString();

    public void Drop(NeutralField field) => Notes.Drop(NameOf(field));

    public void Adapt(NeutralField field) => Notes.Adapt(NameOf(field));

    /// <summary>Drops or refuses what only the client's protocol has. Every writer calls it once.</summary>
    public void SettleForeign()
    {
        foreach (var field in Request.Foreign)
        {
            if (field.ChangesAnswer)
            {
                TranslationNotes.Reject(field.Path, $"'{field.Path}' has no counterpart at the provider of this model, and leaving it out would change the answer. Leave it out, or ask for a model whose provider has it.");
            }

            Notes.Drop(field.Path);
        }
    }
}
