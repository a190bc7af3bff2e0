using Gateway.Core.Catalog;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Edge.Abuse;
using Gateway.Edge.Routes;
using Gateway.Edge.VirtualKeys;

namespace Gateway.Edge.Models;

/// <summary>The models that a key may use: those of the configuration, then those that the providers list. No protocol in it.</summary>
internal sealed class ModelList(EdgeSnapshots snapshots, ProvidedModels provided, ClientGate gate)
{
    /// <returns>The error, or null when <paramref name="models"/> are the caller's.</returns>
    public GatewayError? List(HttpRequest request, out List<ListedModel> models)
    {
        var snapshot = snapshots.Current;
        models = [];
        if (Authenticate(request, snapshot, out var key) is { } error)
        {
            return error;
        }

        if (PathRoute.Of(request.HttpContext) is { HasModel: true } route)
        {
            if (ModelAccess.MayUse(key!, route.Target))
            {
                models.Add(Configured(route.Target));
            }

            return null;
        }

        foreach (var target in snapshot.Models.Names)
        {
            if (ModelAccess.IsAllowed(key!, target))
            {
                models.Add(Configured(target));
            }
        }

        foreach (var model in provided.Current)
        {
            // A group may have the name of a provider's model; then it is the group that answers.
            if (snapshot.Models.Resolve(model.Name) is { } target && !snapshot.Models.IsNamed(model.Name) && ModelAccess.IsAllowed(key!, target))
            {
                models.Add(model);
            }
        }

        return null;
    }

    /// <returns>The error, or null when there is <paramref name="model"/> and the caller may use it.</returns>
    public GatewayError? Find(HttpRequest request, string name, bool tagged, out ListedModel? model)
    {
        var snapshot = snapshots.Current;
        model = null;
        if (Authenticate(request, snapshot, out var key) is { } error)
        {
            return error;
        }

        if (PathRoute.Of(request.HttpContext) is { HasModel: true } route)
        {
            if (!ModelAccess.MayUse(key!, route.Target))
            {
                return route.Refusal(key!);
            }

            var isIt = tagged ? ModelTags.AreSame(name, route.Target.Name) : string.Equals(name, route.Target.Name, StringComparison.Ordinal);
            model = isIt ? Configured(route.Target) : null;
            return isIt ? null : new GatewayError(GatewayErrorKind.ModelNotFound, $"This path has only the model '{route.Target.Name}'.", "model");
        }

        var target = tagged ? snapshot.Models.ResolveTagged(name) : snapshot.Models.Resolve(name);
        if (!ModelAccess.MayUse(key!, target))
        {
            return ModelAccess.Refusal(key!, snapshot.Models, name, target);
        }

        model = Provided(target, snapshot) ?? Configured(target);
        return null;
    }

    /// <returns>The error, or null for a caller with a good key, or without one while there are public models.</returns>
    public GatewayError? Authenticate(HttpRequest request) => Authenticate(request, snapshots.Current, out _);

    private GatewayError? Authenticate(HttpRequest request, EdgeSnapshot snapshot, out VirtualKey? key) => gate.Enter(request.HttpContext, snapshot, orNobody: true, out key);

    private ListedModel? Provided(ModelTarget target, EdgeSnapshot snapshot)
    {
        foreach (var model in provided.Current)
        {
            if (string.Equals(model.Name, target.Name, StringComparison.Ordinal) && !snapshot.Models.IsNamed(model.Name))
            {
                return model;
            }
        }

        return null;
    }

    private static ListedModel Configured(ModelTarget target) => new(target.Name, target.Providers[0]);
}
