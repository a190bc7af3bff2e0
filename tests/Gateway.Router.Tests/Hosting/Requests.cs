namespace Gateway.Router.Tests.Hosting;

internal static class Requests
{
    public const string Plain = """{"model":"gpt-test","messages":[{"role":"user","content":"hi"}]}""";
    public const string Stream = """{"model":"gpt-test","stream":true,"messages":[{"role":"user","content":"hi"}]}""";
    public const string StreamWithUsage = """{"model":"gpt-test","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hi"}]}""";

    public const string Answer = """{"id":"a","model":"real-model-1","choices":[{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}""";

    public static string Delta(string text) => "data: {\"id\":\"a\",\"model\":\"real-model-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + text + "\"},\"finish_reason\":null}]}\n\n";

    public const string Finish = "data: {\"id\":\"a\",\"model\":\"real-model-1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    public const string Usage = "data: {\"id\":\"a\",\"model\":\"real-model-1\",\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5,\"total_tokens\":15}}\n\n";
    public const string Done = "data: [DONE]\n\n";
    public const string Error = "data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}\n\n";
}
