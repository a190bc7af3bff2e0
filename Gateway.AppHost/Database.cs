namespace Gateway.AppHost;

/// <summary>PostgreSQL, where GATEWAY_DB names one. Without it each service keeps what it must in files of the data folder.</summary>
internal static class Database
{
    public static IResourceBuilder<IResourceWithConnectionString>? AddDatabase(this IDistributedApplicationBuilder builder, string name, GatewaySettings settings)
    {
        if (settings.Database is not { } connectionString) { return null; }
        // What is published asks for its own connection string: the one here may hold a password.
        var parameter = builder.ExecutionContext.IsPublishMode
            ? builder.AddParameter($"{name}-connection", secret: true)
            : builder.AddParameter($"{name}-connection", connectionString, secret: true);
        return builder.AddConnectionString(name, ReferenceExpression.Create($"{parameter}"));
    }

    public static IResourceBuilder<ProjectResource> WithDatabase(this IResourceBuilder<ProjectResource> service, IResourceBuilder<IResourceWithConnectionString>? database) =>
        database is null ? service : service.WithReference(database);
}
