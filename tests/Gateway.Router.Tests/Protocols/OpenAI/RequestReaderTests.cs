using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Protocols.OpenAI;
using static Gateway.Router.Tests.Protocols.OpenAI.OpenAIChat;

namespace Gateway.Router.Tests.Protocols.OpenAI;

/// <summary>Each member of a body alone, absent, null, and of a wrong type.</summary>
public sealed class RequestReaderTests
{
    public static TheoryData<string, string, string> Members => new()
    {
        { "max_tokens", "12", "MaxOutput=12" },
        { "max_completion_tokens", "12", "MaxOutput=12" },
        { "temperature", "0.5", "Temperature=0.5" },
        { "top_p", "1", "TopP=1" },
        { "top_k", "40.0", "TopK=40" },
        { "frequency_penalty", "-0.5", "FrequencyPenalty=-0.5" },
        { "presence_penalty", "2", "PresencePenalty=2" },
        { "seed", "-7", "Seed=-7" },
        { "n", "3", "CandidateCount=3" },
        { "logprobs", "true", "Logprobs=True" },
        { "top_logprobs", "5", "TopLogprobs=5" },
        { "parallel_tool_calls", "false", "ParallelToolCalls=False" },
        { "user", "\"u\"", "EndUser=u" },
        { "safety_identifier", "\"s\"", "EndUser=s" },
        { "service_tier", "\"flex\"", "ServiceTier=flex" },
        { "verbosity", "\"low\"", "Verbosity=low" },
        { "store", "true", "Store=True" },
        { "prompt_cache_key", "\"k\"", "PromptCacheKey=k" },
        { "reasoning_effort", "\"xhigh\"", "Reasoning=Effort xhigh" },
        { "reasoning_effort", "\"none\"", "Reasoning=Off" },
        { "stop", "\"a\"", "Stop=a" },
        { "stop", "[\"a\",\"\",\"b\"]", "Stop=a|b" },
        { "stop", "\"\"", "" },
        { "logit_bias", "{\"50256\":-100}", "LogitBias={\"50256\":-100}" },
        { "logit_bias", "{}", "" },
        { "metadata", "{\"a\":\"b\"}", "Metadata={\"a\":\"b\"}" },
        { "stream_options", "{\"include_usage\":true,\"include_obfuscation\":false}", "IncludeUsage=True" },
        { "stream_options", "{\"include_usage\":false}", "" },
        { "response_format", "{\"type\":\"text\"}", "" },
        { "response_format", "{\"type\":\"json_object\"}", "Output=JsonObject" },
        { "response_format", "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\",\"schema\":{\"type\":\"object\"},\"strict\":true,\"description\":\"d\"}}", "Output=JsonSchema {\"type\":\"object\"} x d True" },
        { "tool_choice", "\"auto\"", "ToolChoice=Auto" },
        { "tool_choice", "\"required\"", "ToolChoice=Any" },
        { "tool_choice", "\"none\"", "ToolChoice=None" },
        { "tool_choice", "{\"type\":\"function\",\"function\":{\"name\":\"f\"}}", "ToolChoice=Named f" },
        { "tool_choice", "{\"type\":\"custom\",\"custom\":{\"name\":\"f\"}}", "ToolChoice=Named f" },
        { "tool_choice", "{\"type\":\"allowed_tools\",\"allowed_tools\":{\"mode\":\"required\",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}},{\"type\":\"function\",\"function\":{\"name\":\"g\"}}]}}", "ToolChoice=Any f|g" },
        { "tools", "[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\",\"parameters\":{\"type\":\"object\"},\"strict\":false}}]", "Tools=f d {\"type\":\"object\"} False" },
        { "tools", "[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":null}}]", "Tools=f" },
        { "tools", "[{\"type\":\"custom\",\"custom\":{\"name\":\"c\",\"format\":{\"type\":\"text\"}}}]", "Tools=c custom" },
        { "functions", "[{\"name\":\"f\",\"parameters\":{\"type\":\"object\"}}]", "Tools=f {\"type\":\"object\"} ParallelToolCalls=False" },
        { "function_call", "\"auto\"", "ToolChoice=Auto ParallelToolCalls=False" },
        { "function_call", "{\"name\":\"f\"}", "ToolChoice=Named f ParallelToolCalls=False" },
        { "modalities", "[\"text\"]", "" },
        { "modalities", "[\"text\",\"audio\"]", "Foreign=modalities True" },
        { "audio", "{\"voice\":\"alloy\"}", "Foreign=audio True" },
        { "web_search_options", "{}", "Foreign=web_search_options True" },
        { "moderation", "{\"x\":1}", "Foreign=moderation True" },
        { "prediction", "{\"type\":\"content\",\"content\":\"x\"}", "Foreign=prediction False" },
        { "prompt_cache_retention", "\"24h\"", "Foreign=prompt_cache_retention False" },
        { "whatever", "[1]", "Foreign=whatever False" },
    };

    public static TheoryData<string, string, string> WrongTypes => new()
    {
        { "temperature", "\"hot\"", "temperature" },
        { "top_p", "[]", "top_p" },
        { "top_k", "1.5", "top_k" },
        { "seed", "0.5", "seed" },
        { "frequency_penalty", "true", "frequency_penalty" },
        { "presence_penalty", "\"1\"", "presence_penalty" },
        { "logprobs", "1", "logprobs" },
        { "top_logprobs", "true", "top_logprobs" },
        { "parallel_tool_calls", "\"yes\"", "parallel_tool_calls" },
        { "safety_identifier", "1", "safety_identifier" },
        { "service_tier", "1", "service_tier" },
        { "verbosity", "1", "verbosity" },
        { "store", "\"true\"", "store" },
        { "prompt_cache_key", "{}", "prompt_cache_key" },
        { "reasoning_effort", "\"much\"", "reasoning_effort" },
        { "reasoning_effort", "3", "reasoning_effort" },
        { "stop", "3", "stop" },
        { "stop", "[\"a\",3]", "stop[1]" },
        { "logit_bias", "[]", "logit_bias" },
        { "metadata", "\"x\"", "metadata" },
        { "stream_options", "{\"include_usage\":\"x\"}", "stream_options.include_usage" },
        { "response_format", "\"json\"", "response_format" },
        { "response_format", "{\"type\":\"xml\"}", "response_format.type" },
        { "response_format", "{\"type\":\"json_schema\"}", "response_format.json_schema" },
        { "response_format", "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\"}}", "response_format.json_schema.schema" },
        { "response_format", "{\"type\":\"json_schema\",\"json_schema\":{\"name\":1,\"schema\":{}}}", "response_format.json_schema.name" },
        { "tool_choice", "\"maybe\"", "tool_choice" },
        { "tool_choice", "1", "tool_choice" },
        { "tool_choice", "{\"type\":\"file_search\"}", "tool_choice.type" },
        { "tool_choice", "{\"type\":\"function\"}", "tool_choice.function" },
        { "tool_choice", "{\"type\":\"function\",\"function\":{}}", "tool_choice.function.name" },
        { "tool_choice", "{\"type\":\"allowed_tools\",\"allowed_tools\":{\"mode\":\"auto\",\"tools\":[]}}", "tool_choice.allowed_tools.tools" },
        { "tool_choice", "{\"type\":\"allowed_tools\",\"allowed_tools\":{\"mode\":\"auto\",\"tools\":[3]}}", "tool_choice.allowed_tools.tools[0]" },
        { "tools", "{}", "tools" },
        { "tools", "[3]", "tools[0]" },
        { "tools", "[{\"type\":\"web_search\"}]", "tools[0].type" },
        { "tools", "[{\"type\":\"function\"}]", "tools[0].function" },
        { "tools", "[{\"type\":\"function\",\"function\":{}}]", "tools[0].function.name" },
        { "tools", "[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":[]}}]", "tools[0].function.parameters" },
        { "tools", "[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"strict\":1}}]", "tools[0].function.strict" },
        { "tools", "[{\"type\":\"custom\",\"custom\":{\"name\":\"c\",\"format\":{\"type\":\"grammar\"}}}]", "tools[0].custom.format" },
        { "functions", "[{\"name\":1}]", "functions[0].name" },
        { "function_call", "3", "function_call" },
        { "function_call", "{}", "function_call.name" },
        { "modalities", "\"text\"", "modalities" },
        { "user", "\"\\ud800\"", "user" },
    };

    [Theory]
    [MemberData(nameof(Members))]
    public void Member_Alone_IsReadAndNothingElse(string name, string value, string expected)
    {
        Assert.Equal(expected, Describe(ReadWith($"\"{name}\":{value}")));
        Assert.Equal("", Describe(ReadWith($"\"{name}\":null")));
    }

    [Theory]
    [MemberData(nameof(WrongTypes))]
    public void Member_OfAWrongType_IsRefusedByName(string name, string value, string field) =>
        Assert.Equal(field, Refused($$"""{"messages":[{"role":"user","content":"hi"}],"{{name}}":{{value}}}"""));

    [Fact]
    public void SafetyIdentifier_BesideUser_Counts()
    {
        Assert.Equal("new", ReadWith("\"user\":\"old\",\"safety_identifier\":\"new\"").EndUser);
        Assert.Equal("new", ReadWith("\"safety_identifier\":\"new\",\"user\":\"old\"").EndUser);
    }

    [Fact]
    public void Functions_AreRememberedForTheAnswer()
    {
        Assert.True(Assert.IsType<OpenAIClientState>(ReadWith("\"functions\":[{\"name\":\"f\"}]").ClientState).UsesFunctions);
        Assert.False(Assert.IsType<OpenAIClientState>(ReadWith("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]").ClientState).UsesFunctions);
    }

    [Fact]
    public void Completion_Prompt_IsOneTurnOfTheUser()
    {
        foreach (var prompt in new[] { "\"Say hi\"", "[\"Say hi\"]" })
        {
            var request = Read($$"""{"prompt":{{prompt}},"max_tokens":5,"stop":"x","n":2,"suffix":null,"echo":false,"best_of":1,"logprobs":null,"unknown":1}""", LlmOperation.Completions);
            var turn = Assert.Single(request.Turns);
            Assert.Equal((NeutralRole.User, "Say hi", "prompt"), (turn.Role, Assert.IsType<TextPart>(Assert.Single(turn.Parts)).Text, turn.Path.ToString()));
            Assert.Equal("MaxOutput=5 CandidateCount=2 Stop=x Foreign=unknown False", Describe(request));
        }
    }

    [Theory]
    [InlineData("\"prompt\":\"a\",\"suffix\":\"b\"", "suffix")]
    [InlineData("\"prompt\":\"a\",\"echo\":true", "echo")]
    [InlineData("\"prompt\":\"a\",\"best_of\":2", "best_of")]
    [InlineData("\"prompt\":\"a\",\"logprobs\":1", "logprobs")]
    [InlineData("\"prompt\":\"a\",\"logprobs\":0", "logprobs")]
    [InlineData("\"prompt\":[\"a\",\"b\"]", "prompt")]
    [InlineData("\"prompt\":[1,2]", "prompt")]
    [InlineData("\"prompt\":[[1,2]]", "prompt")]
    [InlineData("\"prompt\":[1]", "prompt")]
    [InlineData("\"prompt\":[]", "prompt")]
    public void Completion_WhatATalkCannotGive_IsRefused(string members, string field) => Assert.Equal(field, Refused($"{{{members}}}", LlmOperation.Completions));

    [Fact]
    public void EveryField_HasTheClientsName()
    {
        foreach (var field in Enum.GetValues<NeutralField>())
        {
            Assert.Equal(field == NeutralField.ContextWindow, Client.NameOf(field) is null);
        }
    }

    private static string Describe(NeutralRequest request)
    {
        var parts = new List<string>();
        void Add(string name, object? value)
        {
            if (value is not null)
            {
                parts.Add(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{name}={value}"));
            }
        }

        Add("MaxOutput", request.MaxOutput);
        Add("Temperature", request.Temperature);
        Add("TopP", request.TopP);
        Add("TopK", request.TopK);
        Add("FrequencyPenalty", request.FrequencyPenalty);
        Add("PresencePenalty", request.PresencePenalty);
        Add("Seed", request.Seed);
        Add("CandidateCount", request.CandidateCount == 1 ? null : request.CandidateCount);
        Add("Logprobs", request.Logprobs ? true : null);
        Add("TopLogprobs", request.TopLogprobs);
        Add("Stop", request.Stop.Count == 0 ? null : string.Join('|', request.Stop));
        Add("LogitBias", request.LogitBias?.GetRawText());
        Add("Metadata", request.Metadata?.GetRawText());
        Add("EndUser", request.EndUser);
        Add("ServiceTier", request.ServiceTier);
        Add("Verbosity", request.Verbosity);
        Add("Store", request.Store);
        Add("PromptCacheKey", request.PromptCacheKey);
        Add("IncludeUsage", request.IncludeUsage ? true : null);
        Add("Reasoning", request.Reasoning is { } reasoning ? $"{reasoning.Mode} {reasoning.Effort}".TrimEnd() : null);
        Add("Output", request.Output is { } output ? $"{output.Kind} {output.Schema?.GetRawText()} {output.Name} {output.Description} {output.Strict}".TrimEnd() : null);
        Add("ToolChoice", request.ToolChoice is { } choice ? $"{choice.Mode} {string.Join('|', choice.Names ?? [])}".TrimEnd() : null);
        Add("Tools", request.Tools.Count == 0 ? null : string.Join(',', request.Tools.Select(static tool => string.Join(' ', ((string?[])[tool.Name, tool.Description, tool.Parameters?.GetRawText(), tool.Strict?.ToString(), tool.IsCustom ? "custom" : null]).Where(static part => part is not null)))));
        Add("ParallelToolCalls", request.ParallelToolCalls);
        foreach (var foreign in request.Foreign)
        {
            Add("Foreign", $"{foreign.Path} {foreign.ChangesAnswer}");
        }

        return string.Join(' ', parts);
    }
}
