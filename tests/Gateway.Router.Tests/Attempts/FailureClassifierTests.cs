using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.Router.Attempts;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Bedrock;
using Gateway.Router.Protocols.Responses;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Attempts;

public sealed class FailureClassifierTests
{
    [Theory]
    [InlineData("anthropic-error-401", "credential_refused")]
    [InlineData("anthropic-error-429-rate-limit", "rate_limited")]
    [InlineData("anthropic-error-500", "server_error")]
    [InlineData("bedrock-converse-error-400-1", "bad_request")]
    [InlineData("gemini-error-429", "rate_limited")]
    [InlineData("gemini-error-500", "server_error")]
    [InlineData("gemini-vertex-error-400", "bad_request")]
    [InlineData("ollama-error-404-model", "model_missing")]
    [InlineData("openai-chat-azure-error-429", "rate_limited")]
    [InlineData("openai-chat-azure-error-in-200", "content_policy")]
    [InlineData("openai-chat-deepseek-error-401", "credential_refused")]
    [InlineData("openai-chat-error-429-insufficient-quota", "quota_exhausted")]
    [InlineData("openai-chat-error-500", "server_error")]
    [InlineData("openai-chat-error-503-overloaded", "overloaded")]
    [InlineData("openai-chat-ollama-error-400", "context_length")]
    [InlineData("openai-chat-openrouter-error-400", "context_length")]
    [InlineData("openai-chat-openrouter-error-401", "credential_refused")]
    [InlineData("openai-embeddings-error-400", "bad_request")]
    [InlineData("openai-models-error-404", "model_missing")]
    [InlineData("openai-responses-error-400", "context_length")]
    public void A_recorded_error_has_its_class(string id, string word)
    {
        var recording = Recordings.Load(id);

        Assert.Equal(word, Classify(recording.Status, recording.Response));
    }

    [Fact]
    public void No_recorded_error_is_left_out()
    {
        var known = typeof(FailureClassifierTests).GetMethod(nameof(A_recorded_error_has_its_class))!.GetCustomAttributesData()
            .Where(static data => data.AttributeType == typeof(InlineDataAttribute))
            .Select(static data => ((IReadOnlyList<System.Reflection.CustomAttributeTypedArgument>)data.ConstructorArguments[0].Value!)[0].Value as string);
        string[] protocols = ["openai-chat", "openai-responses", "openai-embeddings", "openai-models", "anthropic", "gemini", "ollama", "bedrock-converse"];
        var recorded = protocols.SelectMany(static protocol => (IEnumerable<object[]>)Recordings.Ids(protocol)).Select(static row => (string)row[0]).Where(static id => Recordings.Load(id).Status >= 400);

        Assert.Empty(recorded.Except(known!));
    }

    [Theory]
    [InlineData("ollama-stream-error-in-200", "server_error")]
    [InlineData("openai-chat-groq-stream-error-in-200-thinking-2", "bad_request")]
    public void A_recorded_error_inside_a_stream_has_its_class(string id, string word)
    {
        var body = Recordings.Load(id).Response;
        var last = Encoding.UTF8.GetString(body).TrimEnd().Split('\n')[^1];

        Assert.Equal(word, Classify(id.StartsWith("ollama", StringComparison.Ordinal) ? 500 : 200, Encoding.UTF8.GetBytes(last)));
    }

    [Fact]
    public void A_recorded_failure_of_the_responses_endpoint_has_its_class()
    {
        var events = Encoding.UTF8.GetString(Recordings.Load("openai-responses-stream-error-in-200").Response).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        foreach (var text in events.Where(static text => text.StartsWith("event: error", StringComparison.Ordinal) || text.StartsWith("event: response.failed", StringComparison.Ordinal)))
        {
            var error = ResponsesError.Read(Encoding.UTF8.GetBytes(text[(text.IndexOf("data: ", StringComparison.Ordinal) + 6)..]));

            Assert.Equal("quota_exhausted", FailureClassifier.Of(200, error).Word());
        }
    }

    [Theory]
    // OpenAI
    [InlineData(429, """{"error":{"message":"Rate limit reached for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000. Please try again in 2s.","type":"tokens","code":"rate_limit_exceeded"}}""", "rate_limited")]
    [InlineData(429, """{"error":{"message":"Rate limit reached for gpt-4o on requests per day (RPD): Limit 200, Used 200, Requested 1. Please try again in 7m12s.","type":"requests","code":"rate_limit_exceeded"}}""", "rate_limited")]
    [InlineData(429, """{"error":{"message":"Rate limit reached for gpt-4o on requests per day (RPD): Limit 200, Used 200, Requested 1. Please try again in 6h12m.","type":"requests","code":"rate_limit_exceeded"}}""", "quota_exhausted")]
    [InlineData(429, """{"error":{"message":"Request too large for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Requested 50000.","type":"tokens","code":"rate_limit_exceeded"}}""", "context_length")]
    [InlineData(429, """{"error":{"message":"Your account is not active, please check your billing details on our website.","type":"billing_not_active","code":"billing_not_active"}}""", "quota_exhausted")]
    [InlineData(400, """{"error":{"message":"Billing hard limit has been reached","type":"image_generation_user_error","code":"billing_hard_limit_reached"}}""", "quota_exhausted")]
    [InlineData(400, """{"error":{"message":"Your request was rejected as a result of our safety system.","type":"image_generation_user_error","code":"content_policy_violation"}}""", "content_policy")]
    [InlineData(400, """{"error":{"message":"Your request was rejected by the safety system.","type":"image_generation_user_error","code":"moderation_blocked"}}""", "content_policy")]
    [InlineData(400, """{"error":{"message":"Invalid prompt: your prompt was flagged as potentially violating our usage policy.","type":"invalid_request_error","code":"invalid_prompt"}}""", "content_policy")]
    [InlineData(403, """{"error":{"message":"Project proj_x does not have access to model gpt-5","type":"invalid_request_error","param":null,"code":"model_not_found"}}""", "credential_refused")]
    [InlineData(404, """{"error":{"message":"Item with id 'rs_1' not found. Items are not persisted when store is set to false.","type":"invalid_request_error","param":"input","code":null}}""", "bad_request")]
    [InlineData(404, """{"error":{"message":"No such File object: file-1","type":"invalid_request_error","param":"id","code":null}}""", "bad_request")]
    [InlineData(404, """{"error":{"message":"There is no such thing.","type":"invalid_request_error","param":"tools[0].source","code":null}}""", "bad_request")]
    [InlineData(400, """{"error":{"message":"Previous response with id 'resp_1' not found.","type":"invalid_request_error","param":"previous_response_id","code":"previous_response_not_found"}}""", "bad_request")]
    [InlineData(503, """{"error":{"message":"Our servers are currently overloaded. Please try again later.","type":"service_unavailable_error","code":"server_is_overloaded"}}""", "overloaded")]
    // Azure
    [InlineData(429, """{"error":{"code":"429","message":"Requests to the ChatCompletions_Create Operation under Azure OpenAI API version 2024-02-01 have exceeded call rate limit of your current OpenAI S0 pricing tier. Please retry after 6 seconds."}}""", "rate_limited")]
    [InlineData(429, """{"error":{"code":"NoCapacity","message":"The system is currently experiencing high demand and cannot process your request."}}""", "overloaded")]
    [InlineData(404, """{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}""", "model_missing")]
    [InlineData(401, """{"statusCode":401,"message":"Access denied due to invalid subscription key or wrong API endpoint."}""", "credential_refused")]
    [InlineData(400, """{"error":{"message":"filtered","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}""", "content_policy")]
    // Anthropic
    [InlineData(529, """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""", "overloaded")]
    [InlineData(500, """{"type":"error","error":{"type":"api_error","message":"Overloaded"}}""", "overloaded")]
    [InlineData(400, """{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing."}}""", "quota_exhausted")]
    [InlineData(400, """{"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified API usage limits. You will regain access on 2026-02-01 at 00:00 UTC."}}""", "quota_exhausted")]
    [InlineData(402, """{"type":"error","error":{"type":"billing_error","message":"There is an issue with your billing"}}""", "quota_exhausted")]
    [InlineData(400, """{"type":"error","error":{"type":"invalid_request_error","message":"This organization has been disabled."}}""", "credential_refused")]
    [InlineData(403, """{"type":"error","error":{"type":"permission_error","message":"Your API key does not have permission to use the specified resource."}}""", "credential_refused")]
    [InlineData(404, """{"type":"error","error":{"type":"not_found_error","message":"model: claude-missing"}}""", "model_missing")]
    [InlineData(404, """{"type":"error","error":{"type":"not_found_error","message":"File not found: file_011"}}""", "bad_request")]
    [InlineData(400, """{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}""", "context_length")]
    [InlineData(400, """{"type":"error","error":{"type":"invalid_request_error","message":"Output blocked by content filtering policy"}}""", "content_policy")]
    [InlineData(413, """{"type":"error","error":{"type":"request_too_large","message":"Request exceeds the maximum size"}}""", "bad_request")]
    [InlineData(504, """{"type":"error","error":{"type":"timeout_error","message":"Request timed out"}}""", "timeout")]
    // Gemini
    [InlineData(429, """{"error":{"code":429,"message":"You exceeded your current quota","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"18s"}]}}""", "quota_exhausted")]
    [InlineData(429, """{"error":{"code":429,"message":"Resource exhausted. Please try again later.","status":"RESOURCE_EXHAUSTED"}}""", "rate_limited")]
    [InlineData(503, """{"error":{"code":503,"message":"The model is overloaded. Please try again later.","status":"UNAVAILABLE"}}""", "overloaded")]
    [InlineData(504, """{"error":{"code":504,"message":"Deadline expired","status":"DEADLINE_EXCEEDED"}}""", "timeout")]
    [InlineData(400, """{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}""", "credential_refused")]
    [InlineData(400, """{"error":{"code":400,"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}}""", "credential_refused")]
    [InlineData(403, """{"error":{"code":403,"message":"Your API key was reported as leaked. Please use another API key.","status":"PERMISSION_DENIED"}}""", "credential_refused")]
    [InlineData(403, """{"error":{"code":403,"message":"This API method requires billing to be enabled.","status":"PERMISSION_DENIED","details":[{"reason":"BILLING_DISABLED"}]}}""", "quota_exhausted")]
    [InlineData(403, """{"error":{"code":403,"message":"CachedContent not found (or permission denied)","status":"PERMISSION_DENIED"}}""", "bad_request")]
    [InlineData(403, """{"error":{"code":403,"message":"You do not have permission to access the File abc or it may not exist.","status":"PERMISSION_DENIED"}}""", "bad_request")]
    [InlineData(404, """{"error":{"code":404,"message":"models/gemini-x is not found for API version v1beta, or is not supported for generateContent.","status":"NOT_FOUND"}}""", "model_missing")]
    [InlineData(400, """{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}""", "context_length")]
    // Others
    [InlineData(402, """{"error":{"message":"Insufficient Balance","type":"unknown_error","code":"invalid_request_error"}}""", "quota_exhausted")]
    [InlineData(400, """{"error":{"message":"Content Exists Risk","type":"invalid_request_error","code":"invalid_request_error"}}""", "content_policy")]
    [InlineData(400, """{"error":{"message":"Model Not Exist","type":"invalid_request_error","code":"invalid_request_error"}}""", "model_missing")]
    [InlineData(413, """{"error":{"message":"Request too large for model x in organization org_1 on tokens per minute (TPM): Limit 6000, Requested 9000","type":"tokens","code":"rate_limit_exceeded"}}""", "context_length")]
    [InlineData(429, """{"error":{"message":"Rate limit reached for model x on tokens per day (TPD): Limit 100000, Used 99336, Requested 1200. Please try again in 7m43.2s.","type":"tokens","code":"rate_limit_exceeded"}}""", "rate_limited")]
    [InlineData(400, """{"error":{"message":"The model `x` has been decommissioned","type":"invalid_request_error","code":"model_decommissioned"}}""", "model_missing")]
    [InlineData(429, """{"object":"error","message":"Service tier capacity exceeded for this model.","type":"service_tier_capacity_exceeded","code":"3505"}""", "overloaded")]
    [InlineData(429, """{"object":"error","message":"Requests rate limit exceeded","type":"rate_limited","code":"1300"}""", "rate_limited")]
    [InlineData(400, """{"object":"error","message":"Invalid model: x","type":"invalid_model","code":"1500"}""", "model_missing")]
    [InlineData(400, """{"code":"Client specified an invalid argument","error":"Incorrect API key provided: xa***aa."}""", "credential_refused")]
    [InlineData(403, """{"code":"The caller does not have permission to execute the specified operation","error":"Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO"}""", "content_policy")]
    [InlineData(403, """{"code":"permission-denied","error":"Your team t has either used all available credits or reached its monthly spending limit."}""", "quota_exhausted")]
    [InlineData(403, """{"error":{"code":403,"message":"x requires moderation on Y. Your input was flagged for violence.","metadata":{"reasons":["violence"]}}}""", "content_policy")]
    [InlineData(429, """{"error":{"message":"Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day","code":429}}""", "quota_exhausted")]
    [InlineData(429, """{"error":{"message":"The engine is currently overloaded, please try again later","type":"engine_overloaded_error"}}""", "overloaded")]
    [InlineData(429, """{"error":{"message":"Your account is suspended, please check your plan and billing details","type":"exceeded_current_quota_error"}}""", "quota_exhausted")]
    [InlineData(429, """{"message":"We're experiencing high traffic right now! Please try again soon.","type":"too_many_requests_error","param":"queue","code":"queue_exceeded"}""", "overloaded")]
    [InlineData(503, """{"error":"Model x is currently loading","estimated_time":20.0}""", "overloaded")]
    // No provider's
    [InlineData(404, "<html><head><title>404 Not Found</title></head><body>nginx</body></html>", "model_missing")]
    [InlineData(404, "", "model_missing")]
    [InlineData(404, "404 page not found", "model_missing")]
    [InlineData(405, "Method Not Allowed", "model_missing")]
    [InlineData(502, "<html><title>502 Bad Gateway</title></html>", "server_error")]
    [InlineData(503, "", "overloaded")]
    [InlineData(524, "", "timeout")]
    [InlineData(408, "", "timeout")]
    [InlineData(424, "{}", "server_error")]
    [InlineData(409, "{}", "server_error")]
    [InlineData(422, """{"detail":[{"loc":["body","n"],"msg":"too small"}]}""", "bad_request")]
    [InlineData(418, "", "bad_request")]
    public void An_error_has_the_class_of_what_it_means(int status, string body, string word) => Assert.Equal(word, Classify(status, Encoding.UTF8.GetBytes(body)));

    [Theory]
    [InlineData(429, "ThrottlingException", "Too many requests, please wait before trying again.", "rate_limited")]
    [InlineData(429, "ThrottlingException", "Too many tokens per day, please wait before trying again.", "quota_exhausted")]
    [InlineData(429, "ModelNotReadyException", "The model is not ready for inference.", "overloaded")]
    [InlineData(503, "ServiceUnavailableException:http://internal.amazon.com/coral/x", "Bedrock is unable to process your request.", "overloaded")]
    [InlineData(400, "ServiceQuotaExceededException", "Your request exceeds the service quota for your account.", "quota_exhausted")]
    [InlineData(400, "ValidationException", "The provided model identifier is invalid.", "model_missing")]
    [InlineData(400, "ValidationException", "Input is too long for requested model.", "context_length")]
    [InlineData(403, "AccessDeniedException", "You don't have access to the model with the specified model ID.", "credential_refused")]
    [InlineData(403, "ExpiredTokenException", "The security token included in the request is expired", "credential_refused")]
    [InlineData(404, "ResourceNotFoundException", "Could not resolve the foundation model from the provided model identifier.", "model_missing")]
    [InlineData(408, "ModelTimeoutException", "Model has timed out in processing the request.", "timeout")]
    [InlineData(424, "ModelErrorException", "The model returned an error.", "server_error")]
    [InlineData(500, "InternalServerException", "The system encountered an unexpected error.", "server_error")]
    public void An_error_of_AWS_is_known_by_the_type_in_its_head(int status, string type, string message, string word)
    {
        using var answer = new HttpResponseMessage((HttpStatusCode)status);
        answer.Headers.TryAddWithoutValidation("x-amzn-errortype", type);

        var error = UpstreamErrors.Read(answer, JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["message"] = message }));

        Assert.Equal(word, FailureClassifier.Of(status, error).Word());
    }

    [Theory]
    [InlineData("""{"error":{"message":"m","code":429}}""", "rate_limited")]
    [InlineData("""{"error":{"message":"m","code":"insufficient_quota"}}""", "quota_exhausted")]
    [InlineData("""{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""", "overloaded")]
    [InlineData("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"m\"}}\n\n", "rate_limited")]
    [InlineData("""[{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}]""", "overloaded")]
    [InlineData("""{"error":{"message":"m","status":"RESOURCE_EXHAUSTED"}}""", "rate_limited")]
    [InlineData("""{"type":"error","error":{"type":"authentication_error","message":"m"}}""", "credential_refused")]
    [InlineData("""{"error":{"message":"m","code":"context_length_exceeded"}}""", "context_length")]
    [InlineData("""{"error":{"message":"Provider returned error","code":502}}""", "server_error")]
    [InlineData("""{"error":"m"}""", "server_error")]
    public void An_error_inside_a_200_has_its_class(string body, string word) => Assert.Equal(word, Classify(200, Encoding.UTF8.GetBytes(body)));

    [Fact]
    public void An_error_of_Bedrock_inside_a_200_has_its_class() =>
        Assert.Equal("server_error", FailureClassifier.Of(200, BedrockErrors.Read("not an event"u8)).Word());

    [Theory]
    [InlineData("Invalid value: 'insufficient balance'. Supported values are: 'low' and 'high'.")]
    [InlineData("Invalid value: 'api key not valid'.")]
    [InlineData("Invalid value: 'this organization has been disabled'.")]
    [InlineData("Unknown parameter: 'overloaded'.")]
    [InlineData("tools.0.name: 'the provided model identifier is invalid' does not match")]
    [InlineData("Invalid value: 'used all available credits'.")]
    public void What_a_client_wrote_never_rests_a_key(string message)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new { error = new { message, type = "invalid_request_error", code = "invalid_value" } });

        Assert.Equal("bad_request", Classify(400, body));
    }

    [Theory]
    [InlineData(400, """{"error":{"message":"API key not valid.","details":[{"reason":"API_KEY_INVALID"}]}}""", 401)]
    [InlineData(403, """{"error":{"message":"Your API key was reported as leaked."}}""", 401)]
    [InlineData(403, """{"error":{"message":"No access to this model."}}""", 403)]
    [InlineData(400, """{"error":{"message":"User location is not supported for the API use."}}""", 403)]
    public void A_refusal_tells_whether_the_key_is_bad_everywhere(int http, string body, int status) =>
        Assert.Equal(status, UpstreamErrors.Read(http, Encoding.UTF8.GetBytes(body)).Status);

    private static string Classify(int status, byte[] body) => FailureClassifier.Of(status, UpstreamErrors.Read(status, body)).Word();
}
