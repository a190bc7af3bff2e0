namespace Aspire.Hosting.Running;

internal sealed class Dashboard : IDisposable
{
    public Task<(string Url, string ApiKey)?> StartAsync(DistributedApplicationBuilder builder, Guard guard, CancellationToken cancellationToken) => Task.FromResult<(string, string)?>(null);
    public Task StopAsync() => Task.CompletedTask;
    public void Kill() { }
    public void Dispose() { }
}
