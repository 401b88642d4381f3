namespace Notify.Bot.SendApi;

/// <summary>A form that has arrived.</summary>
/// <param name="Fields">Its texts.</param>
/// <param name="Attachments">Its pictures and files. The reader disposes them.</param>
internal sealed record ReceivedForm(FormFields Fields, ReceivedAttachments Attachments);
