using Gateway.Core.Errors;

namespace Gateway.Router.StoredResponses;

/// <summary>Keeps responses for the virtual key that they were made for, and for no other, until their time is over. Thread-safe.</summary>
internal interface IResponseStore
{
    /// <returns>Null when there is none of this id, or no longer.</returns>
    /// <exception cref="GatewayException"><see cref="GatewayErrorKind.ServiceUnavailable"/>: whether there is one cannot be known now.</exception>
    ValueTask<StoredResponse?> LoadAsync(string keyId, string responseId, CancellationToken cancellationToken);

    /// <summary>Looks for items of answers by their ids.</summary>
    /// <returns>Those that are there, each as a JSON document. They go when their response goes.</returns>
    /// <exception cref="GatewayException">As <see cref="LoadAsync"/>.</exception>
    ValueTask<IReadOnlyDictionary<string, ReadOnlyMemory<byte>>> LoadItemsAsync(string keyId, IReadOnlyCollection<string> itemIds, CancellationToken cancellationToken);

    /// <summary>Keeps a response as well as it can; never throws for the store's sake. What is sent first is kept first.</summary>
    ValueTask SaveAsync(string keyId, StoredResponse response, CancellationToken cancellationToken);

    /// <returns>Whether there was one.</returns>
    /// <exception cref="GatewayException">As <see cref="LoadAsync"/>.</exception>
    ValueTask<bool> DeleteAsync(string keyId, string responseId, CancellationToken cancellationToken);
}
