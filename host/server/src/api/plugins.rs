//! Plugins and the accounts of their channels.

use super::{
    call::Call,
    door::Doors,
    parts::{After, Done, Json, Made, Nothing, Raw},
};
use desk::model::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Whether something runs.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct Switch {
    pub on: bool,
}

/// Lines of a sheet.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct Granted {
    pub granted: Vec<Want>,
}

#[derive(Deserialize, IntoParams)]
pub struct Days {
    /// How far back, from 1 to 30.
    #[serde(default = "week")]
    #[param(minimum = 1, maximum = 30)]
    pub days: u32,
}

fn week() -> u32 {
    7
}

pub fn doors(doors: Doors) -> Doors {
    thoughts(channels(minds(unread(ledgers(installed(doors))))))
}

fn installed(doors: Doors) -> Doors {
    doors
        .chapter(Area::Settings, "Plugins")
        .get("plugins", "/plugins", "What is installed.", |call: Call, ()| async move { call.desk.plugins(&call.actor).await.map(Json) })
        .get("shipped_plugins", "/plugins/shipped", "What comes with Saker and runs only where somebody installs it: installed or not.", |call: Call, ()| async move {
            call.desk.shipped_plugins(&call.actor).await.map(Json)
        })
        .post("look_at_shipped_plugin", "/plugins/shipped/{plugin}", "Looks at a plugin that comes with Saker, as if its file had been posted. Nothing is installed.", |call: Call, id: PluginId, _: Nothing| async move {
            call.desk.look_at_shipped_plugin(&call.actor, &id).await.map(Made)
        })
        .post("look_at_plugin", "/plugin-files", "Looks at a plugin's file, up to 24 MB: who made it and what it wants. Nothing is installed.", |call: Call, (), raw: Raw| async move {
            call.desk.look_at_plugin(&call.actor, raw.bytes.to_vec()).await.map(Made)
        })
        .get("read_plugin_sheet", "/plugin-files/{file}", "The sheet of a file that was looked at within the last hour.", |call: Call, file: String| async move {
            call.desk.plugin_sheet(&call.actor, &file).await.map(Json)
        })
        .post("install_plugin", "/plugins", "Installs a file that was looked at within the last hour, or replaces the version that is there.", |call: Call, (), install: Install| async move {
            call.desk.install_plugin(&call.actor, install).await.map(Made)
        })
        .get("read_plugin", "/plugins/{plugin}", "A plugin.", |call: Call, id: PluginId| async move {
            call.desk.plugin(&call.actor, &id).await.map(Json)
        })
        .delete("remove_plugin", "/plugins/{plugin}", "Removes a plugin and everything of it. Its accounts must be gone before.", |call: Call, id: PluginId| async move {
            call.desk.remove_plugin(&call.actor, &id).await.map(|()| Done)
        })
        .put("switch_plugin", "/plugins/{plugin}/switch", "Switches a plugin off or on. Off, what it has to do waits.", |call: Call, id: PluginId, switch: Switch| async move {
            call.desk.switch_plugin(&call.actor, &id, switch.on).await.map(Json)
        })
        .put("grant", "/plugins/{plugin}/grants", "Says anew what is granted.", |call: Call, id: PluginId, granted: Granted| async move {
            call.desk.grant(&call.actor, &id, granted.granted).await.map(Json)
        })
        .post("roll_back_plugin", "/plugins/{plugin}/rollback", "Goes back to the version before.", |call: Call, id: PluginId, _: Nothing| async move {
            call.desk.roll_back_plugin(&call.actor, &id).await.map(Json)
        })
        .get("publishers", "/publishers", "Publishers whose plugins are taken; none is everybody's.", |call: Call, ()| async move {
            call.desk.pinned_publishers(&call.actor).await.map(Json)
        })
        .post("pin_publisher", "/publishers", "From now on only pinned publishers' plugins are taken.", |call: Call, (), pinned: PinnedPublisher| async move {
            call.desk.pin_publisher(&call.actor, pinned).await.map(|()| Done)
        })
        .delete("unpin_publisher", "/publishers/{key}", "Takes a publisher off the list.", |call: Call, key: String| async move {
            call.desk.unpin_publisher(&call.actor, &key).await.map(|()| Done)
        })
}

fn ledgers(doors: Doors) -> Doors {
    doors
        .find(
            "plugin_hours",
            "/plugins/{plugin}/hours",
            "Calls by the hour: how many, how many failed, how long they took.",
            |call: Call, id: PluginId, asked: Days| async move {
                call.desk.plugin_hours(&call.actor, &id, asked.days).await.map(Json)
            },
        )
        .find(
            "plugin_log",
            "/plugins/{plugin}/log",
            "What it wrote into its log, newest first.",
            |call: Call, id: PluginId, asked: LinesAsked| async move {
                call.desk.plugin_lines(&call.actor, &id, asked).await.map(Json)
            },
        )
        .find(
            "egress",
            "/plugins/{plugin}/egress",
            "Every request that left for it, or was not let out, newest first.",
            |call: Call, id: PluginId, page: After| async move {
                call.desk.egress(&call.actor, &id, page.after.as_deref()).await.map(Json)
            },
        )
        .find(
            "plugin_calls",
            "/plugins/{plugin}/calls",
            "Calls that failed, newest first, each with what went in: `saker plugin replay` does it again.",
            |call: Call, id: PluginId, page: After| async move {
                call.desk.plugin_calls(&call.actor, &id, page.after.as_deref()).await.map(Json)
            },
        )
}

/// What the remotes of a plugin's accounts sent and was not taken in.
fn unread(doors: Doors) -> Doors {
    doors
        .find(
            "unread_calls",
            "/plugins/{plugin}/unread",
            "Calls by remotes that were kept and not taken in, a page of the newest: those on which the plugin failed, and those that it refused.",
            |call: Call, id: PluginId, page: After| async move {
                call.desk.unread_calls(&call.actor, &id, page.after.as_deref()).await.map(Json)
            },
        )
        .post(
            "read_all_again",
            "/plugins/{plugin}/unread",
            "Has it read all those again on which it failed. A new version does so by itself.",
            |call: Call, id: PluginId, _: Nothing| async move {
                call.desk.read_again(&call.actor, &id, None).await.map(|_| Done)
            },
        )
        .post(
            "read_again",
            "/plugins/{plugin}/unread/{call}/again",
            "Has it read one again.",
            |call: Call, (id, unread): (PluginId, String), _: Nothing| async move {
                call.desk.read_again(&call.actor, &id, Some(&unread)).await.map(|_| Done)
            },
        )
        .delete(
            "drop_unread",
            "/plugins/{plugin}/unread/{call}",
            "Throws one away.",
            |call: Call, (id, unread): (PluginId, String)| async move {
                call.desk.drop_unread(&call.actor, &id, &unread).await.map(|()| Done)
            },
        )
}

fn minds(doors: Doors) -> Doors {
    doors
        .get(
            "plugin_settings",
            "/plugins/{plugin}/settings",
            "The settings of a plugin that has no accounts; of secrets the names.",
            |call: Call, id: PluginId| async move { call.desk.plugin_settings(&call.actor, &id).await.map(Json) },
        )
        .put(
            "save_plugin_settings",
            "/plugins/{plugin}/settings",
            "Changes them. Secrets that are left out stay.",
            |call: Call, id: PluginId, new: PluginSettings| async move {
                call.desk.save_plugin_settings(&call.actor, &id, new).await.map(|()| Done)
            },
        )
        .get(
            "refused_reactions",
            "/plugins/{plugin}/refused",
            "What it proposed and could not be done, the latest first.",
            |call: Call, id: PluginId| async move { call.desk.refused_reactions(&call.actor, &id).await.map(Json) },
        )
}

/// What agents see of plugins that think along.
fn thoughts(doors: Doors) -> Doors {
    doors
        .chapter(Area::Requests, "Suggestions")
        .get(
            "opinions",
            "/requests/{number}/opinions",
            "What plugins take it to be and it is not, the surest first.",
            |call: Call, number: i64| async move {
                call.desk.opinions(&call.actor, &call.ticket(number).await?).await.map(Json)
            },
        )
        .post(
            "take_opinion",
            "/opinions/{opinion}/take",
            "Says yes: the request becomes what the opinion says.",
            |call: Call, id: OpinionId, _: Nothing| async move {
                call.desk.take_opinion(&call.actor, &id).await.map(|()| Done)
            },
        )
        .delete("dismiss_opinion", "/opinions/{opinion}", "Says no.", |call: Call, id: OpinionId| async move {
            call.desk.dismiss_opinion(&call.actor, &id).await.map(|()| Done)
        })
        .chapter(Area::People, "Findings")
        .get(
            "findings",
            "/people/{person}/findings",
            "What plugins found out about a person elsewhere.",
            |call: Call, id: PersonId| async move { call.desk.findings(&call.actor, &id).await.map(Json) },
        )
        .post(
            "find_out_again",
            "/people/{person}/findings",
            "Has it looked for again.",
            |call: Call, id: PersonId, _: Nothing| async move {
                call.desk.find_out_again(&call.actor, &id).await.map(|()| Done)
            },
        )
}

fn channels(doors: Doors) -> Doors {
    doors
        .chapter(Area::Settings, "Channels")
        .get("channels", "/channels", "Accounts of channels.", |call: Call, ()| async move { call.desk.channels(&call.actor).await.map(Json) })
        .get("channel_form", "/plugins/{plugin}/form", "What an account of a plugin is asked for: settings and secrets.", |call: Call, plugin: PluginId| async move {
            call.desk.channel_form(&call.actor, &plugin).await.map(Json)
        })
        .post("add_channel", "/plugins/{plugin}/channels", "Makes an account of a plugin.", |call: Call, plugin: PluginId, new: NewChannel| async move {
            call.desk.add_channel(&call.actor, &plugin, new).await.map(Made)
        })
        .post("try_sample", "/plugins/{plugin}/sample", "What a plugin would make of a sample of what the other side sends, with settings that are not saved. Nothing of it is kept.", |call: Call, plugin: PluginId, new: NewSample| async move {
            call.desk.try_sample(&call.actor, &plugin, new).await.map(Json)
        })
        .get("read_channel", "/channels/{account}", "An account.", |call: Call, id: AccountId| async move {
            call.desk.channel(&call.actor, &id).await.map(Json)
        })
        .put("save_channel", "/channels/{account}", "Changes an account. Secrets that are left out stay.", |call: Call, id: AccountId, new: NewChannel| async move {
            call.desk.save_channel(&call.actor, &id, new).await.map(Json)
        })
        .delete("delete_channel", "/channels/{account}", "Gives an account up; its requests stay.", |call: Call, id: AccountId| async move {
            call.desk.delete_channel(&call.actor, &id).await.map(|()| Done)
        })
        .post("check_channel", "/channels/{account}/check", "Asks the plugin whether the settings work.", |call: Call, id: AccountId, _: Nothing| async move {
            call.desk.check_channel(&call.actor, &id).await.map(Json)
        })
        .post("connect_channel", "/channels/{account}/connect", "Tells the remote where to call.", |call: Call, id: AccountId, _: Nothing| async move {
            call.desk.connect_channel(&call.actor, &id).await.map(Json)
        })
}
