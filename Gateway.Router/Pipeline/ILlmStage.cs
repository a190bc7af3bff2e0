namespace Gateway.Router.Pipeline;

/// <summary>The rest of the pipeline after a stage.</summary>
public delegate ValueTask LlmStageDelegate(LlmExchange exchange);

/// <summary>
/// One step of every LLM request, as middleware: it may refuse (<see cref="LlmExchange.RefuseAsync"/> and return), change the
/// exchange and call <c>next</c>, or look at the outcome after <c>next</c> returned. One instance serves all requests at once.
/// </summary>
/// <remarks>
/// Strictly asynchronous: the code may run on a socket thread, where a blocking wait can wait for itself.
/// Registered with <see cref="LlmPipelineServices.AddLlmStage{TStage}"/>.
/// </remarks>
public interface ILlmStage
{
    ValueTask InvokeAsync(LlmExchange exchange, LlmStageDelegate next);
}

/// <summary>Where in the pipeline a stage runs. Stages of one phase run in the order of their registration.</summary>
public enum LlmPhase
{
    /// <summary>Who calls: nothing of the request is believed before this.</summary>
    Authenticate = 100,

    /// <summary>The body is read, its facts are compared with what the Edge authorised.</summary>
    Read = 200,

    /// <summary>The model name becomes candidate deployments.</summary>
    Resolve = 300,

    /// <summary>The content is changed as the operator wants it. What is asked for that is an exchange of its own: it passes the stages behind this one, too.</summary>
    Process = 350,

    /// <summary>The content is checked.</summary>
    Moderate = 400,

    /// <summary>Everything is known and nothing was sent: the place for stages of users.</summary>
    BeforeAttempt = 500,

    /// <summary>The upstream is called and its answer relayed. Nothing runs after it but what awaits <c>next</c>.</summary>
    Attempt = 600,
}
