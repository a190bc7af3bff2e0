namespace Aspire.Hosting.ApplicationModel
{
    public interface IResourceWithConnectionString : IResource, IManifestExpressionProvider, IValueProvider, IValueWithReferences
    {
        ReferenceExpression ConnectionStringExpression { get; }

        string? ConnectionStringEnvironmentVariable => null;

        string IManifestExpressionProvider.ValueExpression => $"{{{Name}.connectionString}}";

        IEnumerable<object> IValueWithReferences.References => [ConnectionStringExpression];

        ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) => ConnectionStringExpression.GetValueAsync(cancellationToken);

        ValueTask<string?> IValueProvider.GetValueAsync(CancellationToken cancellationToken) => GetConnectionStringAsync(cancellationToken);

        IEnumerable<KeyValuePair<string, ReferenceExpression>> GetConnectionProperties() => [];
    }
}

namespace Aspire.Hosting
{
    public sealed class ConnectionStringResource(string name, ApplicationModel.ReferenceExpression connectionStringExpression)
        : ApplicationModel.Resource(name), ApplicationModel.IResourceWithConnectionString, ApplicationModel.IResourceWithWaitSupport
    {
        public ApplicationModel.ReferenceExpression ConnectionStringExpression { get; } = connectionStringExpression;
    }
}
