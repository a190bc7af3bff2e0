using System.Text;
using Gateway.Usage.Commands;
using Microsoft.Extensions.Configuration;

namespace Gateway.Usage.Tests.Commands;

/// <summary>A verb as somebody gives it, and what it said.</summary>
internal sealed record CommandRun(int Exit, string Standard, string Output, string Errors)
{
    public static Task<CommandRun> OfAsync(string folder, string database, params string[] args) => WithAsync(folder, database, "", args);

    /// <summary>With a configuration document.</summary>
    public static async Task<CommandRun> WithAsync(string folder, string database, string document, params string[] args)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["GATEWAY_DATA"] = folder, ["ConnectionStrings:gatewaydb"] = database, ["GATEWAY_CONFIG"] = document })
            .Build();
        using var standard = new MemoryStream();
        var (output, errors) = (new StringWriter(), new StringWriter());
        Assert.True(LedgerCommands.IsOne(args));
        var exit = await new LedgerCommands(configuration, standard, output, errors).RunAsync(args);
        return new CommandRun(exit, Encoding.UTF8.GetString(standard.ToArray()), output.ToString(), errors.ToString());
    }
}
