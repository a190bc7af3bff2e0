using System.Net;
using System.Net.Sockets;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Budgets;

/// <summary>What is held is given back on every way out on which no Router got the request, and on no other.</summary>
public sealed class HoldEndTests
{
    [Fact]
    public async Task RouterAnswered_ItSettles()
    {
        await using var rig = await BudgetedEdge.StartAsync();
        using var response = await rig.PostAsync();

        Assert.Equal(rig.Admission.Asked.Single().RequestId, FakeAdmission.Next(rig.Admission.Over).RequestId);
        Assert.Empty(rig.Admission.Voided);
    }

    [Fact]
    public async Task RouterRefused_ItSettles()
    {
        await using var rig = await BudgetedEdge.StartAsync();
        rig.Router.Answer = static context =>
        {
            context.Response.StatusCode = 503;
            return Task.CompletedTask;
        };
        using var response = await rig.PostAsync();

        FakeAdmission.Next(rig.Admission.Over);
        Assert.Empty(rig.Admission.Voided);
    }

    [Fact]
    public async Task RouterBreaksOff_AfterItGotTheBody_NobodyHereGivesBack()
    {
        await using var rig = await BudgetedEdge.StartAsync();
        rig.Router.Answer = static context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        using var response = await rig.PostAsync();

        Assert.Equal(503, (int)response.StatusCode);
        FakeAdmission.Next(rig.Admission.Over);
        Assert.Empty(rig.Admission.Voided);
    }

    [Fact]
    public async Task NoRouter_GivesBack()
    {
        await using var rig = await BudgetedEdge.StartAsync(router: Nobody());
        using var response = await rig.PostAsync();

        Assert.Equal(503, (int)response.StatusCode);
        AssertGivenBack(rig);
    }

    [Fact]
    public async Task RouterThatRejectsTheContext_GivesBack()
    {
        await using var rig = await BudgetedEdge.StartAsync();
        rig.Router.Answer = static context =>
        {
            context.Response.StatusCode = 401;
            return Task.CompletedTask;
        };
        using var response = await rig.PostAsync();

        Assert.Equal(503, (int)response.StatusCode);
        AssertGivenBack(rig);
    }

    [Fact]
    public async Task DeadlineThatPassedMeanwhile_GivesBack()
    {
        var time = new ManualTime();
        await using var rig = await BudgetedEdge.StartAsync(time);
        rig.Admission.Wait = _ =>
        {
            time.Advance(TimeSpan.FromSeconds(5));
            return Task.CompletedTask;
        };
        using var response = await rig.PostAsync(headers: ("x-request-timeout", "2"));

        Assert.Equal(504, (int)response.StatusCode);
        AssertGivenBack(rig);
        Assert.Equal(0, rig.Router.Waiting);
    }

    [Fact]
    public async Task ClientThatIsGone_BeforeAnythingWasSent_GivesBack()
    {
        await using var rig = await BudgetedEdge.StartAsync();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        rig.Admission.Wait = async aborted =>
        {
            // Admitted all the same: the answer was on its way.
            var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var registration = aborted.Register(gone.SetResult);
            asked.SetResult();
            await gone.Task;
        };
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(IPAddress.Loopback, rig.Edge.Url.Port);
            var head = $"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {EdgeServer.Key}\r\nContent-Type: application/json\r\nContent-Length: {EdgeServer.ChatBody.Length}\r\n\r\n";
            await client.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(head + EdgeServer.ChatBody));
            await asked.Task.WaitAsync(EdgeServer.Patience);
            client.Client.LingerState = new LingerOption(true, 0);
        }

        AssertGivenBack(rig);
        Assert.Equal(0, rig.Router.Waiting);
    }

    [Fact]
    public async Task Moderation_SettlesNothing_SoTheEdgeGivesBack()
    {
        await using var rig = await BudgetedEdge.StartAsync();
        using var response = await rig.PostAsync("""{"input":"x"}""", "gw-places-key", "/v1/moderations");

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(["key:places|concurrency"], FakeAdmission.Next(rig.Admission.Voided).Ticket.Places);
        Assert.Empty(rig.Admission.Over);
    }

    [Theory]
    [InlineData("/v1/files")]
    [InlineData("/v1/files/not..an id")]
    [InlineData("/v1/responses/resp_1")]
    public async Task CallsWithoutAModel_AreCounted_AndGivenBackByTheEdge(string path)
    {
        await using var rig = await BudgetedEdge.StartAsync();
        using var client = rig.Edge.Client("gw-places-key");
        using var response = await client.GetAsync(path);

        if (rig.Admission.Asked.TryPeek(out var asked))
        {
            Assert.Equal(asked.RequestId, FakeAdmission.Next(rig.Admission.Voided).RequestId);
        }
        else
        {
            Assert.Equal(400, (int)response.StatusCode);
        }

        Assert.Empty(rig.Admission.Over);
    }

    private static void AssertGivenBack(BudgetedEdge rig)
    {
        var hold = FakeAdmission.Next(rig.Admission.Voided);
        var asked = Assert.Single(rig.Admission.Asked);
        Assert.Equal((asked.RequestId, 0), (hold.RequestId, hold.Part));
        Assert.Equal(asked.Budgets.Select(static charge => charge.Booking), hold.Ticket.Budgets);
        Assert.Equal(["org:acme|concurrency"], hold.Ticket.Places);
        Assert.Single(hold.Ticket.TokenRates);
        Assert.Equal(asked.Tokens, hold.Ticket.ReservedTokens);
        Assert.Empty(rig.Admission.Over);
        Assert.Empty(rig.Admission.Voided);
    }

    private static Uri Nobody() => new($"http://127.0.0.1:{RedisProcess.FreePort()}");
}
