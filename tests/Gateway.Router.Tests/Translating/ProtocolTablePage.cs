using System.Globalization;
using System.Text;
using Gateway.Core.Requests;

namespace Gateway.Router.Tests.Translating;

/// <summary>Writes docs/protocols.md out of what the adapters do.</summary>
internal static class ProtocolTablePage
{
    public static string Write()
    {
        var page = new StringBuilder(Introduction);
        page.Append("\n| Column | Upstream | Model that was asked |\n|---|---|---|\n");
        foreach (var column in ProtocolTableColumn.All)
        {
            page.Append(CultureInfo.InvariantCulture, $"| {column.Name} | {Describe(column)} | `{column.Model}` |\n");
        }

        foreach (var (client, rows) in ProtocolTable.Clients)
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## {Title(client)}\n\n| Feature | Client's field |");
            foreach (var column in ProtocolTableColumn.All)
            {
                page.Append(CultureInfo.InvariantCulture, $" {column.Name} |");
            }

            page.Append("\n|---|---|").Append(string.Concat(Enumerable.Repeat("---|", ProtocolTableColumn.All.Count))).Append('\n');
            foreach (var row in rows)
            {
                page.Append(CultureInfo.InvariantCulture, $"| {row.Feature.Name} | {row.Field} |");
                foreach (var column in ProtocolTableColumn.All)
                {
                    page.Append(CultureInfo.InvariantCulture, $" {Word(ProtocolTable.Ask(row, column).Fate)} |");
                }

                page.Append('\n');
            }
        }

        return page.ToString();
    }

    private static string Word(Fate fate) => fate switch
    {
        Fate.Passed => "passed",
        Fate.Kept => "kept",
        Fate.Adapted => "*adapted*",
        Fate.Dropped => "*dropped*",
        Fate.Refused => "**refused**",
        Fate.Estimated => "estimated",
        Fate.Silent => "no effect",
        Fate.Lost => "LOST",
    };

    private static string Describe(ProtocolTableColumn column) => column.Name switch
    {
        "OpenAI" => "api.openai.com, chat completions",
        "Responses" => "api.openai.com, for models that only its responses endpoint serves",
        "Azure" => "Azure OpenAI",
        "Compatible" => "any server that resembles OpenAI: Groq, Mistral, vLLM, llama.cpp, LM Studio ...",
        "Gemini" => "Gemini's own API",
        "Vertex" => "Gemini models on Google Cloud",
        "Bedrock" => "Amazon Bedrock, Converse",
        var name => name,
    };

    private static string Title(LlmProtocol client) => client switch
    {
        LlmProtocol.OpenAI => "OpenAI: chat completions, completions, embeddings",
        LlmProtocol.Responses => "OpenAI: responses",
        LlmProtocol.Anthropic => "Anthropic: messages",
        LlmProtocol.Gemini => "Gemini: generateContent and its relatives",
        LlmProtocol.Ollama => "Ollama: chat, generate, embed",
        LlmProtocol.Bedrock => throw new ArgumentOutOfRangeException(nameof(client), client, "No client speaks it."),
    };

    private const string Introduction = """
        # Protocols

        <!-- Generated from the adapters in Gateway.Router/Protocols: each cell is a request that was read and written. Do not edit: change
             the adapter, or the rows in tests/Gateway.Router.Tests/Translating, then run
             UPDATE_DOCS=1 dotnet test tests/Gateway.Router.Tests --filter ProtocolTable -->

        Any client reaches any upstream. Where both speak one protocol the bytes pass through. Where they do not, the request goes through
        one neutral form, and so does the answer, streams event by event. This page says what of a request arrives.

        | Word | Meaning |
        |---|---|
        | passed | Both sides speak one protocol: the client's bytes go on, and only the model's name and the gateway's own fields change. |
        | kept | The upstream is asked for the same. |
        | *adapted* | Asked for in the nearest way that the upstream has. Named in `x-gateway-warning`. |
        | *dropped* | The upstream has nothing like it, and the answer means the same without it. Named in `x-gateway-warning`. |
        | **refused** | Leaving it out would change the answer, or the upstream has no such endpoint: an error in the client's own shape (400, or 404 for the endpoint) that names the field. Nothing was sent. |
        | estimated | The upstream cannot count tokens, so the gateway estimates them, with `x-gateway-usage: estimated`. |
        | no effect | The upstream has nothing like it, and it could not have changed the answer (cache marks). Not named. |

        Nothing is lost in silence: a test reads every feature below in every client's words, writes it for every upstream, and fails when a
        value is gone and nobody was told.

        ## What the answer tells

        - `x-gateway-warning` names what was lost, in the client's own field names: `dropped=seed,logit_bias; adapted=max_tokens`. In streams it
          stands in the head, so it cannot name what only later events show.
        - `x-gateway-usage: estimated` says that the upstream counted no tokens and the gateway did.
        - `x-gateway-upstream-status` is the upstream's status where the client got another one (529 becomes 503 for all but Anthropic's clients).
        - `retry-after` and `retry-after-ms` stand on every answer that is worth another try (429, 503, 529), whatever way the upstream said it.

        ## Responses that are kept

        OpenAI's responses may go on from an earlier one (`previous_response_id`) and are kept unless the client says `store: false`. Where the
        upstream is not OpenAI the gateway keeps them itself, for the key that asked, and sends the whole talk each time. An id that is not kept, or
        not for this key, is refused. Items of an answer can be named by `item_reference`, and `GET`, `DELETE /v1/responses/{id}` and
        `GET /v1/responses/{id}/input_items` read, delete and list what the gateway keeps ([Architecture](architecture.md#stored-responses)).

        ## What a route can choose

        These are settings of a model group, below `models.NAME.translation` ([Configuration](configuration.md)):

        - `unmappable: reject` refuses everything that this page calls adapted or dropped.
        - `mid_system` decides about instructions in the middle of a talk, where the upstream has no place for them: `hoist` appends them to the
          system prompt, `inline` sends them as the user's text, `reject` refuses them. The tables show `hoist`.
        - `lead_user` is a text of the user that goes before a talk which begins with the assistant. Without it upstreams that want the user first
          refuse such talks.
        - `default_max_tokens` is the output cap for upstreams that want one when the client names none (`adapted=max_tokens`).
        - `strict_tools: true` refuses a tool choice that the upstream cannot say.
        - `echo_model: upstream` names the upstream's model in answers.

        What is special about one server (`quirks` of a provider or a deployment) changes cells, too: a model without structured output, without
        reasoning, or with one fixed temperature. So do models: the tables show the ones named here.

        ## Upstreams of the tables

        """;
}
