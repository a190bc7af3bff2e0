using Gateway.Router.Attempts;
using Gateway.Router.Budgets;
using Gateway.Router.Capture;
using Gateway.Router.Catalog;
using Gateway.Router.Cooldowns;
using Gateway.Router.Credentials;
using Gateway.Router.ModelLists;
using Gateway.Router.Moderating;
using Gateway.Router.Pipeline;
using Gateway.Router.Processors;
using Gateway.Router.StoredResponses;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Router;

/// <summary>The Router as it ships, apart from where its configuration and its journal come from.</summary>
internal static class RouterApplication
{
    public static WebApplicationBuilder AddRouter(this WebApplicationBuilder builder)
    {
        builder.Services.Configure<KestrelServerOptions>(static options =>
        {
            // server.max_body rules, and it may change while we run. How slowly a client may read or write is for the Edge to
            // say: here a slow client is an Edge that holds back, and cutting it would cut an answer that is paid for.
            options.Limits.MaxRequestBodySize = null;
            options.Limits.MinResponseDataRate = null;
            options.Limits.MinRequestBodyDataRate = null;
        });
        return builder.AddLlmPipeline().AddCooldowns().AddCredentials().AddCatalog().AddProcessors().AddModerating().AddCapture().AddBudgets().AddAttempts().AddModelLists().AddStoredResponses();
    }
}
