using System.Text.Json;
using Gateway.Core.Requests;

namespace Gateway.Edge.Budgets;

/// <summary>
/// One pass over one body of any client protocol. It finds what its bytes do not bound. A name in the wrong place costs a request a larger hold, never a smaller one.
/// </summary>
/// <remarks>Depths as the reader counts them: members of the body are at 1, of a tool in its list at 3.</remarks>
internal ref struct InputScan(LlmOperation operation, ReadOnlySpan<byte> body)
{
    private const int BodyDepth = 1;
    private const int ToolDepth = 3;
    private const int LongestDataHead = 128;

    private readonly LlmOperation _operation = operation;
    private Utf8JsonReader _reader = new(body, new JsonReaderOptions { MaxDepth = RequestFactsReader.MaxDepth });
    private Names _names;

    private enum Name : byte
    {
        Other,
        Tools,
        Prompt,
        BestOf,

        /// <summary>Top level: what it names is stored somewhere, or a switch of a tool that providers run.</summary>
        Stored,

        /// <summary>A string that names what is stored somewhere.</summary>
        Reference,

        /// <summary>An address, or an object with one.</summary>
        MediaHolder,
        Url,

        /// <summary>Base64, in an object that holds media.</summary>
        Data,

        /// <summary>Base64 of a document: pages are as many tokens as they like.</summary>
        FileData,
        MediaType,

        /// <summary>A list of base64 (Ollama).</summary>
        Images,
        Type,
        Functions,
    }

    public int Media { get; private set; }

    public long MediaBytes { get; private set; }

    public bool IsOpen { get; private set; }

    public bool HasTools { get; private set; }

    public int Prompts { get; private set; }

    public int BestOf { get; private set; }

    public void Run()
    {
        var name = Name.Other;
        while (_reader.Read())
        {
            var depth = _reader.CurrentDepth;
            switch (_reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    name = NameOf(depth);
                    _names[depth] = name;
                    if (depth == ToolDepth && _names[BodyDepth] == Name.Tools && _operation == LlmOperation.GenerateContent && name != Name.Functions)
                    {
                        // Search, pages, code: what Gemini runs itself.
                        IsOpen = true;
                    }

                    continue;
                case JsonTokenType.String:
                    ReadString(name, depth);
                    break;
                case JsonTokenType.Number when name == Name.BestOf && depth == BodyDepth && _reader.TryGetInt32(out var bestOf):
                    BestOf = Math.Max(BestOf, (int)Math.Min(bestOf, RequestFactsReader.MaxCandidates));
                    break;
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    ReadStart(name, depth);
                    break;
                default:
                    break;
            }

            name = Name.Other;
        }
    }

    private void ReadStart(Name name, int depth)
    {
        if (depth == BodyDepth && name == Name.Stored)
        {
            IsOpen = true;
        }
        else if (depth == BodyDepth && name == Name.Prompt && _reader.TokenType == JsonTokenType.StartObject)
        {
            // A template of OpenAI's responses.
            IsOpen = true;
        }
        else if (depth == BodyDepth + 1 && _names[BodyDepth] == Name.Prompt && _reader.TokenType == JsonTokenType.StartArray)
        {
            AddPrompt();
        }
        else if (depth == BodyDepth + 1 && _names[BodyDepth] == Name.Tools)
        {
            HasTools = true;
        }
    }

    private void ReadString(Name name, int depth)
    {
        var text = _reader.ValueSpan;
        switch (name)
        {
            case Name.Reference or Name.Stored when text.Length > 0:
                IsOpen = true;
                break;
            case Name.MediaHolder:
            case Name.Url when depth > BodyDepth && _names[depth - 1] == Name.MediaHolder:
                ReadAddress(text);
                break;
            case Name.Data when depth > BodyDepth && _names[depth - 1] == Name.MediaHolder:
                AddMedia(text);
                break;
            case Name.FileData:
                AddMedia(text);
                IsOpen = true;
                break;
            case Name.MediaType when depth > BodyDepth && _names[depth - 1] == Name.MediaHolder:
                IsOpen |= !text.StartsWith("image/"u8) && !text.StartsWith("audio/"u8);
                break;
            case Name.Type:
                ReadType(depth);
                break;
            case Name.Other when depth == BodyDepth + 1 && _names[BodyDepth] == Name.Prompt:
                AddPrompt();
                break;
            case Name.Other when depth > BodyDepth && _names[depth - 1] == Name.Images:
                AddMedia(text);
                break;
            default:
                break;
        }
    }

    private void ReadAddress(ReadOnlySpan<byte> text)
    {
        if (text.StartsWith("data:"u8) && text[..Math.Min(text.Length, LongestDataHead)].IndexOf(";base64,"u8) > 0)
        {
            AddMedia(text);
            IsOpen |= !text.StartsWith("data:image/"u8) && !text.StartsWith("data:audio/"u8);
        }
        else if (text.Length > 0)
        {
            Media++;
            IsOpen = true;
        }
    }

    private void ReadType(int depth)
    {
        if (_reader.ValueTextEquals("item_reference"u8))
        {
            IsOpen = true;
        }
        else if (depth == ToolDepth && _names[BodyDepth] == Name.Tools)
        {
            // Tools of the client's own. All others run at the provider, and what they find is input.
            IsOpen |= !(_reader.ValueTextEquals("function"u8) || _reader.ValueTextEquals("custom"u8) || _reader.ValueTextEquals("local_shell"u8)
                || _reader.ValueSpan.StartsWith("bash_"u8) || _reader.ValueSpan.StartsWith("text_editor_"u8) || _reader.ValueSpan.StartsWith("computer_"u8)
                || _reader.ValueSpan.StartsWith("memory_"u8));
        }
    }

    private void AddMedia(ReadOnlySpan<byte> text)
    {
        Media++;
        MediaBytes += text.Length;
    }

    // Each prompt of a list has answers of its own. Only completions have lists of them.
    private void AddPrompt() => Prompts += _operation == LlmOperation.Completions ? 1 : 0;

    private readonly Name NameOf(int depth) => _reader.ValueSpan.Length switch
    {
        3 when _reader.ValueTextEquals("url"u8) || _reader.ValueTextEquals("uri"u8) => Name.Url,
        4 when _reader.ValueTextEquals("type"u8) => Name.Type,
        4 when _reader.ValueTextEquals("data"u8) => Name.Data,
        4 when _reader.ValueTextEquals("file"u8) => Name.MediaHolder,
        5 when depth == BodyDepth && _reader.ValueTextEquals("tools"u8) => Name.Tools,
        6 when _reader.ValueTextEquals("source"u8) => Name.MediaHolder,
        6 when _reader.ValueTextEquals("images"u8) => Name.Images,
        6 when depth == BodyDepth && _reader.ValueTextEquals("prompt"u8) => Name.Prompt,
        7 when _reader.ValueTextEquals("file_id"u8) || _reader.ValueTextEquals("fileUri"u8) => Name.Reference,
        7 when depth == BodyDepth && _reader.ValueTextEquals("best_of"u8) => Name.BestOf,
        8 when _reader.ValueTextEquals("file_url"u8) || _reader.ValueTextEquals("file_uri"u8) => Name.Reference,
        8 when _reader.ValueTextEquals("mimeType"u8) => Name.MediaType,
        8 when _reader.ValueTextEquals("fileData"u8) => Name.MediaHolder,
        9 when _reader.ValueTextEquals("image_url"u8) || _reader.ValueTextEquals("video_url"u8) || _reader.ValueTextEquals("audio_url"u8) => Name.MediaHolder,
        9 when _reader.ValueTextEquals("file_data"u8) => Name.FileData,
        9 when _reader.ValueTextEquals("mime_type"u8) => Name.MediaType,
        10 when _reader.ValueTextEquals("inlineData"u8) => Name.MediaHolder,
        10 when _reader.ValueTextEquals("media_type"u8) => Name.MediaType,
        11 when _reader.ValueTextEquals("inline_data"u8) || _reader.ValueTextEquals("input_audio"u8) => Name.MediaHolder,
        11 when depth == BodyDepth && _reader.ValueTextEquals("mcp_servers"u8) => Name.Stored,
        12 when depth == BodyDepth && _reader.ValueTextEquals("conversation"u8) => Name.Stored,
        13 when depth == BodyDepth && _reader.ValueTextEquals("cachedContent"u8) => Name.Stored,
        14 when depth == BodyDepth && _reader.ValueTextEquals("cached_content"u8) => Name.Stored,
        18 when depth == BodyDepth && _reader.ValueTextEquals("web_search_options"u8) => Name.Stored,
        20 when depth == BodyDepth && _reader.ValueTextEquals("previous_response_id"u8) => Name.Stored,
        20 when depth == ToolDepth && _reader.ValueTextEquals("functionDeclarations"u8) => Name.Functions,
        21 when depth == ToolDepth && _reader.ValueTextEquals("function_declarations"u8) => Name.Functions,
        _ => Name.Other,
    };

    /// <summary>The latest name at each depth.</summary>
    [System.Runtime.CompilerServices.InlineArray(RequestFactsReader.MaxDepth + 2)]
    private struct Names
    {
        private Name _first;
    }
}
