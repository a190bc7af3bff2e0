using System.Security.Cryptography;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

public static class RedisBuilderExtensions
{
    /// <summary>Redis as a container: it is published as one, but the stand-in cannot run it (use redis-server or a connection string).</summary>
    public static IResourceBuilder<RedisResource> AddRedis(this IDistributedApplicationBuilder builder, string name, int? port = null,
        IResourceBuilder<ParameterResource>? password = null)
    {
        var secret = password?.Resource ?? GeneratedPassword(builder, $"{name}-password");
        var redis = new RedisResource(name, secret) { Entrypoint = "/bin/sh" };
        redis.Annotations.Add(new ContainerImageAnnotation("docker.io/library/redis:8.6"));
        return builder.AddResource(redis)
            .WithEndpoint(port: port, targetPort: 6379, scheme: "tcp", name: "tcp")
            .WithEnvironment(context => context.EnvironmentVariables["REDIS_PASSWORD"] = secret)
            .WithArgs("-c", "redis-server --requirepass $REDIS_PASSWORD");
    }

    private static ParameterResource GeneratedPassword(IDistributedApplicationBuilder builder, string name)
    {
        var value = RandomNumberGenerator.GetString("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 22);
        var parameter = new ParameterResource(name, _ => builder.Configuration[$"Parameters:{name}"] ?? value, secret: true)
        {
            Default = new GenerateParameterDefault { MinLength = 22, Special = false },
        };
        return builder.AddResource(parameter).Resource;
    }
}
