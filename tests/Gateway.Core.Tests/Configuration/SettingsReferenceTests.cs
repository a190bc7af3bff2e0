using Gateway.Core.Configuration.Settings;

namespace Gateway.Core.Tests.Configuration;

public sealed class SettingsReferenceTests
{
    [Fact]
    public void ReferencePage_Always_EqualsTheTableOfSettings()
    {
        var file = RepositoryFiles.PathOf("docs", "configuration.md");
        var page = SettingsReference.Write();
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            File.WriteAllText(file, page);
        }

        Assert.True(File.Exists(file) && File.ReadAllText(file) == page,
            "docs/configuration.md differs from the table of settings. Regenerate it: UPDATE_DOCS=1 dotnet test tests/Gateway.Core.Tests --filter SettingsReferenceTests");
    }

    [Fact]
    public void ReferencePage_EverySetting_IsDescribed() =>
        Assert.All(SettingsReference.All(), static row => Assert.True(row.Setting.Description.Length > 3, row.Path));
}
