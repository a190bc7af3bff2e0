using Aspire.StackExchange.Redis;
using Gateway.StandIns;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

namespace Microsoft.Extensions.Hosting;

public static class AspireRedisExtensions
{
    private const string Section = "Aspire:StackExchange:Redis";

    /// <summary>Registers <see cref="IConnectionMultiplexer"/>, which connects when it is first resolved.</summary>
    /// <remarks>
    /// As with the package, the first resolution connects synchronously and waits for at most the connect timeout: resolve it off the
    /// request path. An absent server is no error then, because AbortOnConnectFail is false; the connection comes up later by itself.
    /// </remarks>
    public static void AddRedisClient(
        this IHostApplicationBuilder builder,
        string connectionName,
        Action<StackExchangeRedisSettings>? configureSettings = null,
        Action<ConfigurationOptions>? configureOptions = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(connectionName);

        var settings = new StackExchangeRedisSettings();
        var section = builder.Configuration.GetSection(Section);
        section.Bind(settings);
        section.GetSection(connectionName).Bind(settings);
        if (builder.Configuration.GetConnectionString(connectionName) is { } connectionString)
        {
            settings.ConnectionString = connectionString;
        }
        configureSettings?.Invoke(settings);

        builder.Services.AddSingleton<IConnectionMultiplexer>(_ => Connect(settings, connectionName, configureOptions));
        if (!settings.DisableHealthChecks)
        {
            builder.Services.AddHealthChecks().Add(new("StackExchange.Redis", static services => new RedisPing(services), failureStatus: null, tags: null));
        }
        StandInNotice.Register(builder.Services, "Aspire.StackExchange.Redis");
    }

    private static ConnectionMultiplexer Connect(StackExchangeRedisSettings settings, string name, Action<ConfigurationOptions>? configure)
    {
        var text = settings.ConnectionString ?? "";
        var options = text.Length > 0 ? ConfigurationOptions.Parse(text) : new ConfigurationOptions();
        if (!text.Contains("abortConnect", StringComparison.OrdinalIgnoreCase))
        {
            options.AbortOnConnectFail = false;
        }
        configure?.Invoke(options);
        return options.EndPoints.Count > 0
            ? ConnectionMultiplexer.Connect(options)
            : throw new InvalidOperationException(
                $"No endpoints specified. Ensure a valid connection string was provided in 'ConnectionStrings:{name}' or for the '{Section}:ConnectionString' configuration key.");
    }

    private sealed class RedisPing(IServiceProvider services) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                await services.GetRequiredService<IConnectionMultiplexer>().GetDatabase().PingAsync();
                return HealthCheckResult.Healthy();
            }
            catch (Exception exception)
            {
                return new(context.Registration.FailureStatus, exception: exception);
            }
        }
    }
}
