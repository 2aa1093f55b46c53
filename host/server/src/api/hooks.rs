//! Other programs: keys with which they come in, and webhooks that tell them what happens.

use super::{
    call::Call,
    door::Doors,
    parts::{After, Done, Json, Made, MadeDelivery, Nothing},
};
use desk::model::*;

pub fn doors(doors: Doors) -> Doors {
    doors
        .chapter(Area::Settings, "Keys")
        .get("api_keys", "/keys", "One's own keys; everybody's for an administrator.", |call: Call, ()| async move {
            call.desk.api_keys(&call.actor).await.map(Json)
        })
        .delete("revoke_api_key", "/keys/{key}", "From now on it opens nothing.", |call: Call, id: ApiKeyId| async move {
            call.desk.revoke_api_key(&call.actor, &id).await.map(|()| Done)
        })
        .chapter(Area::Webhooks, "Webhooks")
        .get("webhooks", "/webhooks", "Who is told.", |call: Call, ()| async move { call.desk.webhooks(&call.actor).await.map(Json) })
        .post("add_webhook", "/webhooks", "Tells another program what happens. The secret is shown once.", |call: Call, (), new: NewWebhook| async move {
            call.desk.add_webhook(&call.actor, new).await.map(Made)
        })
        .get("read_webhook", "/webhooks/{webhook}", "A webhook.", |call: Call, id: WebhookId| async move {
            call.desk.webhook(&call.actor, &id).await.map(Json)
        })
        .put("save_webhook", "/webhooks/{webhook}", "Changes a webhook.", |call: Call, id: WebhookId, new: NewWebhook| async move {
            call.desk.save_webhook(&call.actor, &id, new).await.map(Json)
        })
        .delete("delete_webhook", "/webhooks/{webhook}", "Tells them no more.", |call: Call, id: WebhookId| async move {
            call.desk.delete_webhook(&call.actor, &id).await.map(|()| Done)
        })
        .post("renew_secret", "/webhooks/{webhook}/secret", "A new secret; the old one signs nothing from now on.", |call: Call, id: WebhookId, _: Nothing| async move {
            call.desk.renew_secret(&call.actor, &id).await.map(Made)
        })
        .post("ping_webhook", "/webhooks/{webhook}/ping", "Posts a ping.", |call: Call, id: WebhookId, _: Nothing| async move {
            let id = call.desk.ping_webhook(&call.actor, &id).await?;
            Ok(Made(MadeDelivery { id }))
        })
        .find("webhook_log", "/webhooks/{webhook}/deliveries", "What was posted, newest first, and what came of it.", |call: Call, id: WebhookId, page: After| async move {
            call.desk.hook_deliveries(&call.actor, &id, page.after.as_deref()).await.map(Json)
        })
        .post("replay_delivery", "/webhooks/{webhook}/deliveries/{delivery}/replay", "Posts one again, as it was.", |call: Call, (webhook, delivery): (WebhookId, WebhookDeliveryId), _: Nothing| async move {
            call.desk.replay_hook(&call.actor, &webhook, &delivery).await.map(|()| Done)
        })
}
